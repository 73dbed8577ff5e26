// The lock that one thread may have to itself.

#include <weft/detail/biased_lock.hpp>

#include <cstdint>
#include <thread>
#include <vector>

#include "support/build.hpp"
#include "support/catch.hpp"

using weft::detail::biased_guard;
using weft::detail::biased_lock;

namespace {

// More than it takes to earn a grant, wherever the count stands.
constexpr int enough = biased_lock::uses_per_review * (biased_lock::reviews_per_grant + 2);

void use(biased_lock& lock, int times) {
    for (int i = 0; i != times; ++i) {
        biased_guard guard(lock);
        lock.count_use();
    }
}

}  // namespace

TEST_CASE("a lock is granted to a thread that is alone with it for long", "[biased_lock]") {
    biased_lock lock;
    use(lock, biased_lock::uses_per_review);
    CHECK_FALSE(lock.is_granted());
    use(lock, enough);
    CHECK(lock.is_granted() == weft::detail::fences_are_asymmetric);
    use(lock, enough);
    CHECK(lock.is_granted() == weft::detail::fences_are_asymmetric);
}

TEST_CASE("a grant ends when another thread comes, and either can earn the next", "[biased_lock]") {
    biased_lock lock;
    use(lock, enough);
    std::thread([&] { use(lock, 1); }).join();
    CHECK_FALSE(lock.is_granted());
    use(lock, enough);
    CHECK(lock.is_granted() == weft::detail::fences_are_asymmetric);

    std::thread([&] { use(lock, 1); }).join();
    use(lock, 1);  // its last owner has been here since: the lock is free for the next
    std::thread([&] { use(lock, enough); }).join();
    CHECK(lock.is_granted() == weft::detail::fences_are_asymmetric);
}

TEST_CASE("a lock that threads take in turns is granted to none", "[biased_lock]") {
    biased_lock lock;
    for (int i = 0; i != 4; ++i) {
        use(lock, enough / 2);
        std::thread([&] { use(lock, enough / 2); }).join();
    }
    CHECK_FALSE(lock.is_granted());
}

TEST_CASE("while grants come and go only one thread holds the lock", "[biased_lock][stress]") {
    int const bursts = weft_test::sized(300, 100, 20);
    constexpr int threads = 3;
    biased_lock lock;
    std::uint64_t count = 0;  // guarded by the lock
    int grants = 0;           // likewise
    auto const work = [&](unsigned seed) {
        for (int i = 0; i != bursts; ++i) {
            // Long and short, so that some earn a grant while the others only look in.
            seed = seed * 1664525 + 1013904223;
            int const uses = (seed >> 16) % 4 == 0 ? 3 * enough : static_cast<int>(seed >> 24);
            for (int n = 0; n != uses; ++n) {
                biased_guard guard(lock);
                ++count;
                bool const before = lock.is_granted();
                lock.count_use();
                if (!before && lock.is_granted()) ++grants;
            }
            std::this_thread::yield();
        }
    };
    auto const uses_of = [&](unsigned seed) {
        std::uint64_t sum = 0;
        for (int i = 0; i != bursts; ++i) {
            seed = seed * 1664525 + 1013904223;
            sum += (seed >> 16) % 4 == 0 ? 3 * enough : seed >> 24;
        }
        return sum;
    };
    std::vector<std::thread> running;
    std::uint64_t expected = 0;
    for (unsigned t = 1; t <= threads; ++t) {
        running.emplace_back(work, t);
        expected += uses_of(t);
    }
    for (std::thread& t : running) t.join();
    CHECK(count == expected);
    if (weft::detail::fences_are_asymmetric) CHECK(grants > 0);
}
