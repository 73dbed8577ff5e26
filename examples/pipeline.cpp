// A pipeline that fans out to several fibers and in again: numbers -> squares -> their sum.
//
//               +-> square -+
//     numbers --+-> square -+--> squares --> sum
//               +-> square -+
//
// Every channel is closed by whoever knows that nothing more will be sent. For `squares` that takes a fiber of its own,
// because no single sender knows about the others.

#include <cstdio>
#include <weft/weft.hpp>

namespace {

constexpr long last = 1000;
constexpr int fan_out = 3;

void generate(weft::send_chan<long> numbers) {
    for (long n = 1; n <= last; ++n) numbers.send(n);
    numbers.close();
}

void square(weft::recv_chan<long> numbers, weft::send_chan<long> squares) {
    for (long n : numbers) squares.send(n * n);
}

}  // namespace

int main() {
    return weft::run([] {
        auto numbers = weft::make_chan<long>(16);  // the buffer lets the generator run a little ahead
        auto squares = weft::make_chan<long>(16);

        weft::go(generate, numbers);  // arguments are copied into the fiber, as std::thread does it

        weft::wait_group squaring;
        for (int i = 0; i != fan_out; ++i) squaring.go([=] { square(numbers, squares); });
        auto closer = weft::spawn([&] {
            squaring.wait();
            squares.close();
        });

        long sum = 0;
        for (long s : squares) sum += s;
        closer.join();

        constexpr long expected = last * (last + 1) * (2 * last + 1) / 6;
        std::printf("the sum of the squares up to %ld is %ld\n", last, sum);
        return sum == expected ? 0 : 1;
    });
}
