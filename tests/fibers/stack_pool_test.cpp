// Where stacks come from and where they go. The depot is shared by the process: each case has a size class of its own.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <weft/detail/stack_pool.hpp>

#include "support/build.hpp"
#include "support/catch.hpp"
#include "support/seed.hpp"

using weft_test::sized;
using namespace weft::detail;

namespace {

// Everything idle is given back to the kernel.
void empty_the_depot() {
    while (stack_depot::trim().pending) {}
    REQUIRE(stack_depot::stats().idle == 0);
}

std::vector<stack_slot*> acquire(unsigned size_class, int count) {
    std::vector<stack_slot*> stacks;
    for (int i = 0; i != count; ++i) stacks.push_back(&stack_depot::acquire(size_class));
    return stacks;
}

void release(std::vector<stack_slot*> const& stacks) {
    for (stack_slot* slot : stacks) stack_depot::release(*slot);
}

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

// The last page of a stack holds its slot; these are the ones below.
std::size_t bytes_below_top(stack_slot const& slot) {
    auto const top = reinterpret_cast<std::uintptr_t>(&slot) / page_bytes() * page_bytes();
    return top - reinterpret_cast<std::uintptr_t>(slot.limit);
}

std::size_t resident_pages(stack_slot const& slot) {
    std::vector<unsigned char> pages(bytes_below_top(slot) / page_bytes());
    REQUIRE(::mincore(slot.limit, bytes_below_top(slot), pages.data()) == 0);
    return static_cast<std::size_t>(
        std::count_if(pages.begin(), pages.end(), [](auto page) { return (page & 1) != 0; }));
}

}  // namespace

TEST_CASE("stack sizes are rounded up to a power of two", "[stack]") {
    CHECK(stack_class_for(0) == 0);
    CHECK(stack_class_for(1) == 0);
    CHECK(stack_class_for(min_stack_bytes) == 0);
    CHECK(stack_class_for(min_stack_bytes + 1) == 1);
    CHECK(stack_class_bytes(stack_class_for(100'000)) == 128 * 1024);
    CHECK(stack_class_for(max_stack_bytes) == stack_classes - 1);
    CHECK(stack_class_bytes(stack_classes - 1) == max_stack_bytes);
}

TEST_CASE("an absurd stack size is refused, and the message names it", "[stack]") {
    for (std::size_t const bytes : {max_stack_bytes + 1, SIZE_MAX}) {
        try {
            (void)stack_class_for(bytes);
            FAIL("accepted");
        } catch (std::invalid_argument const& error) {
            std::string const text = error.what();
            CHECK(text.find(std::to_string(bytes)) != std::string::npos);
            CHECK(text.find(std::to_string(max_stack_bytes)) != std::string::npos);
        }
    }
}

TEST_CASE("a stack can be written from its limit to its slot", "[stack]") {
    for (unsigned const size_class : {0u, 3u, 8u}) {
        stack_slot& slot = stack_depot::acquire(size_class);
        auto* const slot_bytes = reinterpret_cast<std::byte*>(&slot);
        auto const usable = static_cast<std::size_t>(slot_bytes - slot.limit);
        CHECK(slot.size_class == size_class);
        CHECK(usable < stack_class_bytes(size_class));
        CHECK(usable > stack_class_bytes(size_class) - 3 * page_bytes());
        CHECK(reinterpret_cast<std::uintptr_t>(slot.limit) % page_bytes() == 0);
        std::memset(slot.limit, 0x5a, usable);
        CHECK(slot.size_class == size_class);
        stack_depot::release(slot);
    }
}

TEST_CASE("a magazine hands out the warmest stack first", "[stack]") {
    stack_magazine magazine;
    stack_slot& a = magazine.acquire(1);
    stack_slot& b = magazine.acquire(1);
    magazine.release(a);
    magazine.release(b);
    CHECK(&magazine.acquire(1) == &b);
    CHECK(&magazine.acquire(1) == &a);
    magazine.release(a);
    magazine.release(b);
}

TEST_CASE("a magazine spills into the depot, and another refills from there", "[stack]") {
    empty_the_depot();
    constexpr unsigned size_class = 2;
    stack_magazine first, second;
    std::vector<stack_slot*> stacks;
    for (int i = 0; i != 200; ++i) stacks.push_back(&first.acquire(size_class));
    CHECK(std::set(stacks.begin(), stacks.end()).size() == stacks.size());
    CHECK(stack_depot::stats().idle == 0);

    for (stack_slot* slot : stacks) first.release(*slot);
    auto const spilled = stack_depot::stats();
    CHECK(spilled.idle >= 200 - 64);  // a magazine keeps at most 64

    std::set<stack_slot*> const known(stacks.begin(), stacks.end());
    std::vector<stack_slot*> again;
    for (int i = 0; i != 100; ++i) again.push_back(&second.acquire(size_class));
    for (stack_slot* slot : again) CHECK(known.count(slot) == 1);
    CHECK(stack_depot::stats().cold == spilled.cold);
    for (stack_slot* slot : again) second.release(*slot);

    first.flush();
    second.flush();
    auto const end = stack_depot::stats();
    CHECK(end.idle >= 200);
    CHECK(end.idle + end.cold == end.reserved);
}

TEST_CASE("neighbours' tops lie at different offsets in their pages", "[stack]") {
    auto stacks = acquire(3, 32);
    std::sort(stacks.begin(), stacks.end());
    int neighbours = 0;
    for (std::size_t i = 1; i != stacks.size(); ++i) {
        stack_slot const &low = *stacks[i - 1], &high = *stacks[i];
        if (high.limit != low.limit + stack_class_bytes(3)) continue;
        ++neighbours;
        auto const distance = reinterpret_cast<std::uintptr_t>(&high) - reinterpret_cast<std::uintptr_t>(&low);
        CHECK(distance % page_bytes() != 0);
    }
    CHECK(neighbours > 0);
    release(stacks);
}

TEST_CASE("what lay idle between two trims is given back", "[stack][trim]") {
    empty_the_depot();
    constexpr unsigned size_class = 4;
    auto const stacks = acquire(size_class, 16);
    std::uint64_t newest = 0;
    for (stack_slot* slot : stacks) {
        std::memset(slot->limit, 0x5a, bytes_below_top(*slot));
        CHECK(resident_pages(*slot) == bytes_below_top(*slot) / page_bytes());
        newest = std::max(newest, slot->epoch);
        slot->built.store(true);
    }
    release(stacks);

    auto const first = stack_depot::trim();  // they were in use a moment ago
    CHECK(first.given_back == 0);
    CHECK(first.pending);
    CHECK(stack_depot::stats().idle == 16);

    std::vector<std::pair<std::byte*, std::size_t>> ranges;
    for (stack_slot* slot : stacks) ranges.emplace_back(slot->limit, bytes_below_top(*slot));
    auto const second = stack_depot::trim();
    CHECK(second.given_back == 16);
    CHECK_FALSE(second.pending);
    CHECK(stack_depot::stats().idle == 0);
    for (auto const& [limit, bytes] : ranges) {
        std::vector<unsigned char> pages(bytes / page_bytes());
        REQUIRE(::mincore(limit, bytes, pages.data()) == 0);
        CHECK(std::none_of(pages.begin(), pages.end(), [](auto page) { return (page & 1) != 0; }));
    }

    auto const reopened = acquire(size_class, 16);
    for (stack_slot* slot : reopened) {
        CHECK(std::find(stacks.begin(), stacks.end(), slot) != stacks.end());
        CHECK(slot->epoch > newest);
        CHECK_FALSE(slot->built.load());
        CHECK(*slot->limit == std::byte{0});
    }
    release(reopened);
}

TEST_CASE("a trim leaves what was used since the last one", "[stack][trim]") {
    empty_the_depot();
    constexpr unsigned size_class = 5;
    release(acquire(size_class, 4));
    CHECK(stack_depot::trim().pending);
    stack_slot& used = stack_depot::acquire(size_class);
    stack_depot::release(used);
    auto const trimmed = stack_depot::trim();
    CHECK(trimmed.given_back == 3);
    CHECK(trimmed.pending);
    CHECK(stack_depot::trim().given_back == 1);
    CHECK(stack_depot::trim().given_back == 0);
}

TEST_CASE("a trim of very many stacks is cut short and goes on where it stopped", "[stack][trim]") {
    empty_the_depot();
    constexpr unsigned size_class = 0;
    constexpr std::size_t many = 20'000;
    stack_slot& late = stack_depot::acquire(size_class);
    release(acquire(size_class, many));
    CHECK_FALSE(stack_depot::trim().cut_short);  // they were in use a moment ago

    auto const first = stack_depot::trim();
    CHECK(first.given_back < many);
    CHECK(first.cut_short);
    stack_depot::release(late);  // does not become one of those that lay idle all the time

    std::size_t given_back = first.given_back;
    for (bool more = true; more;) {
        auto const next = stack_depot::trim();
        CHECK(next.pending);
        given_back += next.given_back;
        more = next.cut_short;
    }
    // Stacks come in batches, so some that were not asked for may have lain beside them.
    CHECK(given_back >= many);
    CHECK(stack_depot::stats().idle == 1);
}

TEST_CASE("only stacks with a built block are visited", "[stack]") {
    auto const stacks = acquire(6, 3);
    for (stack_slot* slot : stacks) slot->built.store(false);
    stacks[0]->built.store(true, std::memory_order_release);
    stacks[2]->built.store(true, std::memory_order_release);
    auto const visited = [] {
        std::set<stack_slot*> found;
        stack_depot::for_each(
            [](stack_slot& slot, void* argument) {
                if (slot.size_class == 6) static_cast<std::set<stack_slot*>*>(argument)->insert(&slot);
            },
            &found);
        return found;
    };
    CHECK(visited() == std::set{stacks[0], stacks[2]});
    release(stacks);
    CHECK(visited() == std::set{stacks[0], stacks[2]});  // dead, but readable
    empty_the_depot();
    CHECK(visited().empty());
}

TEST_CASE("threads that acquire, release and trim at once never share a stack", "[stack][stress]") {
    constexpr unsigned size_class = 7;
    constexpr int rounds = sized(20'000, 5'000, 1'000);
    std::uint64_t const seed = weft_test::seed_of("stack stress");
    std::atomic<int> shared{0}, working{4};
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t != 4; ++t)
        threads.emplace_back([&, t] {
            weft_test::engine dice(seed + t);
            stack_magazine magazine;
            std::vector<stack_slot*> mine;
            auto const mark = static_cast<std::byte>(t + 1);
            for (int round = 0; round != rounds; ++round) {
                if (mine.empty() || (mine.size() < 100 && weft_test::below(dice, 2) == 0)) {
                    bool const direct = weft_test::below(dice, 8) == 0;
                    mine.push_back(direct ? &stack_depot::acquire(size_class) : &magazine.acquire(size_class));
                    *mine.back()->limit = mark;
                } else {
                    std::swap(mine.back(), mine[weft_test::below(dice, mine.size())]);
                    if (*mine.back()->limit != mark) ++shared;
                    magazine.release(*mine.back());
                    mine.pop_back();
                }
            }
            for (stack_slot* slot : mine) stack_depot::release(*slot);
            magazine.flush();
            --working;
        });
    while (working != 0) {
        (void)stack_depot::trim();
        std::this_thread::yield();
    }
    for (auto& thread : threads) thread.join();
    CHECK(shared == 0);
    auto const end = stack_depot::stats();
    CHECK(end.idle + end.cold == end.reserved);
}
