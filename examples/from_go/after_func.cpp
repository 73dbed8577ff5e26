// A function that is called later, in a fiber of its own.
#include <chrono>
#include <cstdio>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

int main() {
    weft::run([] {
        // [guide]
        auto done = weft::make_chan<weft::unit>();
        weft::after_func(1ms, [=] {
            std::puts("later");
            done.close();
        });
        done.recv();
        // [end]
    });
}
