// Closing and cancelling against operations that are waiting, about to wait or just being woken, while the system gives the
// numbers that become free to the next: whoever reads must never see what was meant for another.

#include <array>
#include <cstring>
#include <system_error>
#include <vector>
#include <weft/pipe.hpp>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"
#include "support/seed.hpp"

using namespace weft_test;

namespace {

using label = std::array<std::byte, sizeof(std::uint64_t)>;

label label_of(std::uint64_t id) {
    label l;
    std::memcpy(l.data(), &id, sizeof id);
    return l;
}

// What one of the fibers has seen.
struct tally {
    std::uint64_t rounds = 0;
    std::uint64_t strangers = 0;  // bytes that were meant for somebody else
    std::uint64_t surprises = 0;  // errors that nothing here brings about
};

// Nothing, a close or a cancellation ends a read; all that arrives bears the round's own number.
void one_round(std::uint64_t id, engine& dice, tally& seen) {
    auto [reader, writer] = weft::os_pipe();
    label const mine = label_of(id);
    std::error_code read_ec;
    label got{};
    std::size_t bytes = 0;
    bool cancelled = false;
    auto reading = weft::spawn([&, &from = reader] {
        try {
            bytes = from.read_some(got);
        } catch (weft::cancelled const&) {
            cancelled = true;
        } catch (std::system_error const& e) {
            read_ec = e.code();
        }
    });
    std::uint64_t const what = below(dice, 12);
    for (std::uint64_t turns = below(dice, 3); turns != 0; --turns) weft::this_fiber::yield();

    std::error_code write_ec;
    bool const writes = what % 2 == 0;
    auto writing = weft::spawn([&, &to = writer] {
        if (writes) to.write_all(mine, write_ec);
    });
    switch (what / 2) {
    case 0: break;  // only the write
    case 1: reader.close(); break;
    case 2: reading.cancel(); break;
    case 3:
        reading.cancel();
        reader.close();
        break;
    case 4:
        weft::this_fiber::yield();
        reader.close();
        break;
    default: weft::this_fiber::yield(); reading.cancel();
    }
    writing.join();
    writer.close();
    reading.join();

    ++seen.rounds;
    if (bytes != 0 && (bytes != mine.size() || got != mine)) ++seen.strangers;
    if (bytes != 0 && !writes) ++seen.strangers;
    if (read_ec && read_ec != std::errc::operation_canceled) ++seen.surprises;
    if (write_ec && write_ec != std::errc::broken_pipe) ++seen.surprises;
    // A read that was cancelled has taken nothing.
    if (cancelled && writes && !write_ec && reader.is_open() && (reader.read_exact(got) != got.size() || got != mine))
        ++seen.strangers;
}

tally churn(std::uint64_t rounds, std::uint64_t seed) {
    constexpr std::uint64_t fibers = 8;
    std::vector<weft::fiber<tally>> all;
    for (std::uint64_t f = 0; f != fibers; ++f)
        all.push_back(weft::spawn([=] {
            engine dice(seed + f);
            tally seen;
            for (std::uint64_t i = 0; i != rounds / fibers; ++i) one_round(i * fibers + f + 1, dice, seen);
            return seen;
        }));
    tally sum;
    for (auto& f : all) {
        tally const one = f.join();
        sum.rounds += one.rounds;
        sum.strangers += one.strangers;
        sum.surprises += one.surprises;
    }
    return sum;
}

}  // namespace

TEST_CASE("numbers that are closed and given anew a hundred thousand times never lead to a stranger",
          "[pipe][C50][C54]") {
    std::uint64_t const seed = seed_of("reuse");
    std::uint64_t const rounds = sized(100'000U, 24'000U, 4'000U);
    in_fibers([&] {
        INFO("seed: " << seed);
        tally const seen = churn(rounds, seed);
        CHECK(seen.rounds == rounds);
        CHECK(seen.strangers == 0);
        CHECK(seen.surprises == 0);
    });
}
