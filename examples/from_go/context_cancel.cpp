// A context that is handed around, and cancelled by hand.
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    weft::run([] {
        // [guide]
        auto [ctx, cancel] = weft::with_cancel(weft::this_fiber::current_context());
        auto numbers = weft::make_chan<int>();
        weft::task_group group(ctx);
        group.go([=] {
            for (int i = 0;; ++i) {
                numbers.send(i);  // throws weft::cancelled
            }
        });
        for (int const n : numbers) {
            if (n == 3) {
                cancel();
                break;
            }
            std::printf("%d\n", n);
        }
        ctx.done().recv();
        std::puts(ctx.error() == std::errc::operation_canceled ? "context canceled" : "?");
        // [end]
    });
}
