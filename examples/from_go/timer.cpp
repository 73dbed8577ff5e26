// A timer that is stopped and set again.
#include <chrono>
#include <cstdio>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

int main() {
    weft::run([] {
        // [guide]
        weft::timer t(1h);
        std::printf("stopped: %s\n", t.stop() ? "true" : "false");

        t.reset(1ms);
        t.channel().recv();
        std::puts("fired");
        // [end]
    });
}
