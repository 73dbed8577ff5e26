// At most so many at a time: a group with a limit, instead of a channel of slots.
#include <atomic>
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    weft::run([] {
        std::atomic<int> running = 0, most = 0;
        auto const fetch = [&] {
            int const now = ++running;
            for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {}
            --running;
        };
        // [guide]
        weft::task_group group;
        group.set_limit(4);
        for (int i = 0; i < 100; ++i) {
            group.go([&] { fetch(); });  // waits while four are running
        }
        group.wait();
        // [end]
        std::printf("at most four: %s\n", most <= 4 ? "true" : "false");
    });
}
