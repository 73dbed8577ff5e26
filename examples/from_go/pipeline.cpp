// A pipeline whose stages stop when nobody wants their results any more: a task group cancels and joins them.
#include <cstdio>
#include <vector>
#include <weft/weft.hpp>

// [guide]
weft::recv_chan<int> generate(weft::task_group& stages, int n) {
    auto out = weft::make_chan<int>();
    stages.go([=] {
        for (int i = 1; i <= n; ++i) out.send(i);
        out.close();
    });
    return out;
}

weft::recv_chan<int> square(weft::task_group& stages, weft::recv_chan<int> in) {
    auto out = weft::make_chan<int>();
    stages.go([=] {
        for (int const v : in) out.send(v * v);
        out.close();
    });
    return out;
}

weft::recv_chan<int> merge(weft::task_group& stages, std::vector<weft::recv_chan<int>> const& ins) {
    auto out = weft::make_chan<int>();
    stages.go([=] {
        weft::task_group copies;
        for (auto const& in : ins) {
            copies.go([=] {
                for (int const v : in) out.send(v);
            });
        }
        copies.wait();
        out.close();
    });
    return out;
}

int main() {
    weft::run([] {
        weft::task_group stages;  // at the end of its scope it cancels what still runs, and joins
        auto in = generate(stages, 100);
        int sum = 0;
        for (int const v : merge(stages, {square(stages, in), square(stages, in)})) {
            sum += v;
        }
        std::printf("%d\n", sum);
    });
}
// [end]
