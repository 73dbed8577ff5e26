// The first failure ends the others. No channel to watch: what waits is woken and unwinds.
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

int main() {
    weft::run([] {
        // [guide]
        weft::task_group g;
        g.go([] { throw std::runtime_error("disk full"); });
        g.go([] { weft::this_fiber::sleep_for(1h); });
        try {
            g.wait();
        } catch (std::exception const& e) {
            std::printf("failed: %s\n", e.what());
        }
        // [end]
    });
}
