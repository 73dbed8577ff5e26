// A nil channel switches a case off.
#include <cstdio>
#include <optional>
#include <weft/weft.hpp>

weft::recv_chan<int> count(int n) {
    auto out = weft::make_chan<int>();
    weft::go([=] {
        for (int i = 1; i <= n; ++i) out.send(i);
        out.close();
    });
    return out;
}

int main() {
    weft::run([] {
        auto a = count(3), b = count(4);
        int total = 0;
        // [guide]
        while (a || b) {
            weft::select(weft::on_recv(a,
                                       [&](std::optional<int> v) {
                                           if (!v) a = {};  // never ready again
                                           total += v.value_or(0);
                                       }),
                         weft::on_recv(b, [&](std::optional<int> v) {
                             if (!v) b = {};
                             total += v.value_or(0);
                         }));
        }
        // [end]
        std::printf("%d\n", total);
    });
}
