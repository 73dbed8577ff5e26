// Starting and awaiting goroutines.
#include <cstdio>
#include <mutex>
#include <weft/weft.hpp>

int main() {
    weft::run([] {
        weft::mutex mu;
        int total = 0;
        // [guide]
        weft::wait_group wg;
        for (int i = 1; i <= 10; ++i) {
            wg.go([&, i] {
                std::lock_guard lock(mu);
                total += i;
            });
        }
        wg.wait();
        // [end]
        std::printf("total %d\n", total);
    });
}
