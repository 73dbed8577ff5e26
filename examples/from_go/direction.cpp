// One-way channels.
#include <cstdio>
#include <weft/weft.hpp>

// [guide]
void produce(int n, weft::send_chan<int> out) {
    for (int i = 0; i < n; ++i) {
        out.send(i);
    }
    out.close();
}

int sum(weft::recv_chan<int> in) {
    int total = 0;
    for (int const v : in) {
        total += v;
    }
    return total;
}
// [end]

int main() {
    weft::run([] {
        auto ch = weft::make_chan<int>();
        weft::go(produce, 101, ch);
        std::printf("%d\n", sum(ch));
    });
}
