// The concurrent prime sieve: one fiber per prime, each of which passes on what its prime does not divide.
//
//     2 3 4 5 6 7 ... -> [2] -> 3 5 7 9 ... -> [3] -> 5 7 11 ... -> [5] -> ...
//
// Nobody would find primes this way, but it makes hundreds of fibers meet at unbuffered channels some fifty thousand times.
// Source: Doug McIlroy's coroutine sieve, by way of the Go Programming Language's example of it.

#include <cstdio>
#include <weft/weft.hpp>

namespace {

constexpr int primes_wanted = 300;
constexpr int prime_300 = 1987;

void generate(weft::send_chan<int> naturals) {
    for (int n = 2;; ++n) naturals.send(n);
}

void filter(weft::recv_chan<int> in, weft::send_chan<int> out, int prime) {
    for (int n : in) {
        if (n % prime != 0) out.send(n);
    }
}

}  // namespace

int main() {
    return weft::run([] {
        auto numbers = weft::make_chan<int>();
        weft::go(generate, numbers);

        int prime = 0;
        for (int i = 0; i != primes_wanted; ++i) {
            prime = numbers.recv().value();
            auto remaining = weft::make_chan<int>();
            weft::go(filter, numbers, remaining, prime);
            numbers = remaining;
        }

        // The generator and the filters never end by themselves. When this function returns they are cancelled: the send
        // or receive in which each of them waits throws weft::cancelled, and its stack is unwound.
        std::printf("prime number %d is %d\n", primes_wanted, prime);
        return prime == prime_300 ? 0 : 1;
    });
}
