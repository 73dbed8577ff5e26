// Waiting for a bounded time: no channel, and nothing to be collected.
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

int main() {
    weft::run([] {
        auto answers = weft::make_chan<std::string>();
        // [guide]
        weft::select(weft::on_recv(answers, [](std::optional<std::string> a) { std::puts(a->c_str()); }),
                     weft::on_timeout(20ms, [] { std::puts("too slow"); }));
        // [end]
    });
}
