// Random programs against a model: whatever happened must be what some sequence of atomic steps could have done.
//
// WEFT_TEST_SEED replays the programs of a run (not its timing); WEFT_TEST_MINUTES makes the search last for that long.

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "channels/channel_model.hpp"
#include "channels/program.hpp"
#include "channels/program_run.hpp"
#include "support/fixture.hpp"
#include "support/seed.hpp"

using namespace std::chrono_literals;
using weft_test::channel_case;
using weft_test::engine;
using weft_test::event;
using weft_test::fault;
using weft_test::history;
using weft_test::operation;
using weft_test::outcome;
using weft_test::program;

namespace {

using status = outcome::status;
constexpr auto send = channel_case::direction::send;
constexpr auto receive = channel_case::direction::receive;

// Runs `p` up to `times` times; the first history that nothing explains.
std::optional<history> find_unexplained(program const& p, fault planted, int times) {
    for (int i = 0; i != times; ++i)
        if (history h = weft_test::run_program(p, planted); !weft_test::is_explained(h)) return h;
    return std::nullopt;
}

// Leaves out one operation after the other, as long as the rest still fails now and then.
std::pair<program, history> shrink(program p, history seen, fault planted) {
    constexpr int patience = weft_test::sized(300, 100, 100);
    for (bool smaller = true; smaller;) {
        smaller = false;
        for (std::size_t f = 0; f != p.fibers.size() && !smaller; ++f)
            for (std::size_t i = 0; i != p.fibers[f].size() && !smaller; ++i) {
                program less = p;
                less.fibers[f].erase(less.fibers[f].begin() + static_cast<std::ptrdiff_t>(i));
                if (auto found = find_unexplained(less, planted, patience)) {
                    p = std::move(less), seen = *std::move(found);
                    smaller = true;
                }
            }
    }
    return {std::move(p), std::move(seen)};
}

struct failure {
    int after = 0;         // programs
    std::size_t size = 0;  // of the program that failed first
    program smallest;
    history seen;

    std::string text() const {
        return "after " + std::to_string(after) + " programs:\n" + weft_test::to_text(smallest) +
               "nothing explains:\n" + weft_test::to_text(seen);
    }
};

std::size_t size_of(program const& p) {
    std::size_t operations = 0;
    for (auto const& fiber : p.fibers) operations += fiber.size();
    return operations;
}

// Random programs until `enough(number of programs)`; the first that fails, made smaller.
template <class Enough>
std::optional<failure> search(std::uint64_t seed, fault planted, Enough const& enough) {
    engine dice(seed);
    for (int i = 0; !enough(i); ++i) {
        program const p = weft_test::make_program(dice);
        if (auto seen = find_unexplained(p, planted, 1)) {
            auto [smallest, shown] = shrink(p, *std::move(seen), planted);
            return failure{i + 1, size_of(p), std::move(smallest), std::move(shown)};
        }
    }
    return std::nullopt;
}

// The search for an explanation goes as deep as the history is long, on the main fiber.
constexpr std::size_t search_stack_bytes = 4 << 20;

// For each number of workers.
std::chrono::milliseconds time_to_search() {
    char const* const minutes = std::getenv("WEFT_TEST_MINUTES");
    if (minutes != nullptr) return std::chrono::milliseconds(std::strtol(minutes, nullptr, 10) * 60'000 / 3);
    return weft_test::sized(1500ms, 1500ms, 2500ms);
}

}  // namespace

TEST_CASE("random programs do what channels mean",
          "[stress][channel][select][C1][C4][C5][C10][C11][C12][C13][C16][C17][C18][C19][C20][C21]") {
    std::uint64_t const seed = weft_test::seed_of("random programs against the model");
    auto const time = time_to_search();
    constexpr int at_least = 50;  // however slow the machine
    for (unsigned const workers : weft_test::worker_counts) {
        INFO("WEFT_TEST_SEED=" << seed << ", workers: " << workers);
        weft_test::supervised guard(std::to_string(workers) + " workers",
                                    std::chrono::ceil<std::chrono::seconds>(time) + weft_test::watchdog::default_limit);
        auto const found = weft::run(
            [&] {
                auto const end = std::chrono::steady_clock::now() + time;
                return search(seed + workers, fault::none,
                              [&](int done) { return done >= at_least && std::chrono::steady_clock::now() >= end; });
            },
            {.workers = workers, .stack_bytes = search_stack_bytes});
        INFO((found ? found->text() : std::string()));
        CHECK_FALSE(found.has_value());
        guard.check_nothing_left();
    }
}

TEST_CASE("the model finds what a faulty channel does", "[stress][channel][select]") {
    // Of random programs one in some dozen or hundred shows a fault; so this many do with certainty.
    constexpr int most = 5'000;
    for (fault const planted :
         {fault::loses, fault::doubles, fault::reorders, fault::is_never_ready, fault::sleeps_through}) {
        weft_test::supervised guard("fault " + std::to_string(static_cast<int>(planted)));
        auto const found = weft::run([&] { return search(1, planted, [](int done) { return done == most; }); },
                                     {.workers = 2, .stack_bytes = search_stack_bytes});
        INFO("fault " << static_cast<int>(planted));
        REQUIRE(found.has_value());
        INFO(found->text());
        CHECK(size_of(found->smallest) < found->size);  // how much smaller depends on who ran when
        guard.check_nothing_left();
    }
}

namespace {

// Histories written by hand. Numbers of operations are given in the order of their beginnings.
struct line {
    std::size_t fiber;
    operation did;
    outcome result;
};

operation call(channel_case::direction way, weft_test::channel_value value = 0) {
    operation op;
    op.cases = {{0, way, value}};
    return op;
}

operation tried(operation op) {
    op.waits = operation::patience::tries;
    return op;
}

// One channel. `order`: positive numbers begin the operation of that number, counted from 1, negative ones end it.
bool explained(std::size_t capacity, std::vector<line> const& lines, std::vector<int> const& order) {
    history h;
    h.capacities = {capacity};
    for (line const& l : lines) h.operations.push_back({l.fiber, l.did, l.result});
    for (int const number : order)
        h.events.push_back({number > 0 ? event::kind::begins : event::kind::ends,
                            static_cast<std::size_t>(number > 0 ? number : -number) - 1});
    h.events.push_back({event::kind::quiet, 0});
    return weft_test::is_explained(h);
}

outcome const sent{status::done, 0, 0};
outcome got(weft_test::channel_value value) { return {status::done, 0, value}; }

}  // namespace

TEST_CASE("the model tells possible histories from impossible ones", "[channel][select]") {
    operation const first = call(send, 1), second = call(send, 2), take = call(receive);

    // One after the other through a buffer: in order, and no other way.
    std::vector<int> const in_turn{1, -1, 2, -2, 3, -3, 4, -4};
    CHECK(explained(2, {{0, first, sent}, {0, second, sent}, {1, take, got(1)}, {1, take, got(2)}}, in_turn));
    CHECK_FALSE(explained(2, {{0, first, sent}, {0, second, sent}, {1, take, got(2)}, {1, take, got(1)}}, in_turn));
    // Sends that overlap may come in either order.
    std::vector<int> const overlapping{1, 2, -1, -2, 3, -3, 4, -4};
    CHECK(explained(2, {{0, first, sent}, {1, second, sent}, {2, take, got(2)}, {2, take, got(1)}}, overlapping));

    // An unbuffered send ends with its receive, not before.
    CHECK(explained(0, {{0, first, sent}, {1, take, got(1)}}, {1, 2, -1, -2}));
    CHECK_FALSE(explained(0, {{0, first, sent}, {1, take, got(1)}}, {1, -1, 2, -2}));

    // A try that meets a waiting partner has to take it; one that may have come first need not.
    outcome const not_ready{status::not_ready, 0, 0};
    CHECK(explained(1, {{0, tried(take), not_ready}, {1, first, sent}}, {1, 2, -2, -1}));
    CHECK_FALSE(explained(1, {{1, first, sent}, {0, tried(take), not_ready}}, {1, -1, 2, -2}));

    // The same for a select, also with the channel in two cases.
    operation both = tried(take);
    both.how = operation::form::typed_select;
    both.cases = {{0, receive, 0}, {0, receive, 0}};
    CHECK_FALSE(explained(1, {{0, first, sent}, {1, both, not_ready}}, {1, -1, 2, -2}));

    // Who waits in the end must have to. (Nobody ends it: the quiet comes first.)
    outcome const never{status::withdrawn, 0, 0};
    CHECK(explained(0, {{0, take, never}}, {1}));
    CHECK_FALSE(explained(0, {{0, take, never}, {1, first, never}}, {1, 2}));
    CHECK_FALSE(explained(1, {{0, first, sent}, {1, take, never}}, {1, -1, 2}));

    // Waiters are served in the order in which they came, as far as that is known.
    std::vector<line> const waiters{{0, take, got(2)}, {1, take, got(1)}, {2, first, sent}, {2, second, sent}};
    CHECK(explained(0, waiters, {1, 2, 3, -3, 4, -4, -1, -2}));
}
