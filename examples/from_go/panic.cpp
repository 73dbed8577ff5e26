// A panic is an exception. It unwinds its fiber; if it leaves one that nobody joins, the program ends.
#include <cstdio>
#include <stdexcept>
#include <weft/weft.hpp>

int main() {
    weft::run([] {
        // [guide]
        auto safely = [](auto f) {
            try {
                f();
            } catch (std::exception const& e) {
                std::printf("recovered: %s\n", e.what());
            }
        };
        auto done = weft::make_chan<weft::unit>();
        weft::go([=] {
            weft::defer closing([&] { done.close(); });
            safely([] { throw std::runtime_error("boom"); });
        });
        done.recv();
        // [end]
    });
}
