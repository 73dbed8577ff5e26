// Known shapes, large: a sieve, a ring, a fan of workers.

#include <cstddef>
#include <numeric>
#include <vector>
#include <weft/chan.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include "support/fixture.hpp"
#include "support/seed.hpp"

using weft::make_chan;
using weft_test::in_fibers;
using weft_test::sized;

namespace {

// The classic: every prime adds a fiber that drops its multiples.
std::vector<int> primes(int count, int capacity) {
    auto numbers = make_chan<int>(capacity);
    auto const done = make_chan<weft::unit>();
    std::vector<weft::fiber<>> filters;
    filters.push_back(weft::spawn([numbers, done] {
        for (int n = 2; weft::select(weft::on_send(numbers, n), weft::on_recv(done, [](auto) {})) == 0;) ++n;
        numbers.close();
    }));
    std::vector<int> found;
    for (int i = 0; i != count; ++i) {
        int const prime = numbers.recv().value();
        found.push_back(prime);
        auto const sifted = make_chan<int>(capacity);
        filters.push_back(weft::spawn([numbers, sifted, done, prime] {
            for (int n : numbers)
                if (n % prime != 0 && weft::select(weft::on_send(sifted, n), weft::on_recv(done, [](auto) {})) == 1)
                    break;
            sifted.close();
        }));
        numbers = sifted;
    }
    done.close();
    for (auto& filter : filters) filter.join();
    return found;
}

}  // namespace

TEST_CASE("a prime sieve of fibers finds the primes", "[stress][channel]") {
    in_fibers([] {
        for (int const capacity : {0, 16}) {
            auto const found = primes(sized(500, 200, 60), capacity);
            bool right = true;
            for (std::size_t i = 0; i != found.size(); ++i) {
                int const n = found[i];
                bool prime = true;
                for (int d = 2; d * d <= n; ++d) prime = prime && n % d != 0;
                right = right && prime && (i == 0 || found[i - 1] < n);
            }
            CHECK(right);
            CHECK(found[9] == 29);
        }
    });
}

TEST_CASE("a token goes round a ring of 1,000 fibers", "[stress][channel]") {
    in_fibers([] {
        constexpr std::size_t members = 1'000;
        constexpr int laps = sized(100, 30, 5);
        for (int const capacity : {0, 1}) {
            std::vector<weft::chan<int>> link;
            for (std::size_t i = 0; i != members; ++i) link.push_back(make_chan<int>(capacity));
            std::vector<weft::fiber<>> ring;
            for (std::size_t i = 0; i + 1 != members; ++i)
                ring.push_back(weft::spawn([from = link[i], to = link[i + 1]] {
                    for (int token : from) to.send(token + 1);
                    to.close();
                }));
            int token = 0;
            for (int lap = 0; lap != laps; ++lap) {
                link.front().send(token + 1);
                token = link.back().recv().value();
            }
            CHECK(token == laps * static_cast<int>(members));
            link.front().close();
            for (auto& member : ring) member.join();
        }
    });
}

TEST_CASE("work fans out to many fibers and in again", "[stress][channel][sync]") {
    in_fibers([] {
        constexpr int workers = sized(1'000, 500, 200);
        constexpr long items = sized(100'000L, 30'000L, 5'000L);
        auto const work = make_chan<long>(64);
        auto const results = make_chan<long>();
        weft::wait_group group;
        for (int w = 0; w != workers; ++w)
            group.go([=] {
                for (long item : work) results.send(item * item);
            });
        weft::go([=] {
            for (long i = 1; i <= items; ++i) work.send(i);
            work.close();
        });
        auto closer = weft::spawn([&] {
            group.wait();
            results.close();
        });
        long sum = 0;
        for (long result : results) sum += result;
        CHECK(sum == items * (items + 1) * (2 * items + 1) / 6);
        closer.join();
    });
}
