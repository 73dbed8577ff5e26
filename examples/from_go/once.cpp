// Exactly once, and before anybody goes on.
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    weft::run([] {
        // [guide]
        weft::once once;
        weft::wait_group wg;
        for (int i = 0; i < 10; ++i) {
            wg.go([&] { once.call([] { std::puts("opened"); }); });
        }
        wg.wait();
        // [end]
    });
}
