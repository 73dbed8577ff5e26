// Trying without waiting: `otherwise` is Go's default, and a single try has a call of its own.
#include <cstdio>
#include <optional>
#include <weft/weft.hpp>

int main() {
    weft::run([] {
        auto ch = weft::make_chan<int>(1);
        // [guide]
        weft::select(weft::on_recv(ch, [](std::optional<int> v) { std::printf("received %d\n", *v); }),
                     weft::otherwise([] { std::puts("nothing there"); }));

        for (int i = 0; i < 2; ++i) {
            if (ch.try_send(i) == weft::chan_status::ok) {
                std::printf("sent %d\n", i);
            } else {
                std::printf("no room for %d\n", i);
            }
        }
        // [end]
    });
}
