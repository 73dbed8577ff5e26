// Random trees of contexts, scopes, deadlines and cancels, by many fibers at once. Replay one with WEFT_TEST_SEED.
//
// What must hold at every step of every fiber, whatever the others do:
//   whoever is told of a cancellation can see its reason: a context that it is under is cancelled, by a deadline if told so;
//   whoever is under a cancelled context is told, by `check_cancelled` and when it waits;
//   when a cancel function has returned, everything below is cancelled, with its channel closed.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>
#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/task_group.hpp>

#include "support/fixture.hpp"
#include "support/seed.hpp"

using weft::context;
using weft_test::below;
using weft_test::engine;

namespace {

using std::chrono::hours;
using std::chrono::microseconds;

// Contexts that everybody may derive from, run under and cancel.
class commons {
public:
    weft::cancellable pick(engine& dice) {
        std::scoped_lock guard(mutex_);
        return all_[below(dice, all_.size())];
    }
    void put(engine& dice, weft::cancellable fresh) {
        std::scoped_lock guard(mutex_);
        std::swap(all_[below(dice, all_.size())], fresh);
    }

private:
    weft::mutex mutex_;
    std::vector<weft::cancellable> all_ = std::vector(16, weft::with_cancel({}));
};

class player {
public:
    player(std::uint64_t seed, commons& shared) : dice_(seed), shared_(shared) {}

    std::string play(int steps) {
        own_.push_back(weft::with_cancel({}));
        for (int i = 0; i != steps && wrong_.empty(); ++i) step(3);
        return wrong_;
    }

private:
    void step(int depth) {
        switch (below(dice_, 9)) {
        case 0: shared_.put(dice_, derive(shared_.pick(dice_).ctx)); break;
        case 1: shared_.pick(dice_).cancel(); break;
        case 2: own_.push_back(derive(own_[below(dice_, own_.size())].ctx)); break;
        case 3:
            if (below(dice_, 4) == 0) cancel_own();
            break;
        case 4: look(); break;
        case 5: wait(); break;
        case 6:
            if (depth != 0) crowd(depth);
            break;
        default:
            if (depth != 0) scope(depth);
        }
    }

    weft::cancellable derive(context const& from) {
        switch (below(dice_, 4)) {
        case 0: return weft::with_timeout(from, microseconds(below(dice_, 300)));
        case 1: return weft::with_timeout(weft::with_value(from, 5), hours(1));
        default: return weft::with_cancel(from);
        }
    }

    // All of them are below the first.
    void cancel_own() {
        own_.front().cancel();
        for (auto const& [ctx, cancel] : own_)
            if (!ctx.error() || weft::select(weft::on_done(ctx), weft::otherwise()) != 0)
                wrong_ = "a context was not cancelled with those above it";
        own_.assign(1, weft::with_cancel({}));
    }

    void scope(int depth) {
        context const under = below(dice_, 2) == 0 ? shared_.pick(dice_).ctx : own_[below(dice_, own_.size())].ctx;
        if (below(dice_, 4) == 0)
            weft::with_timeout(microseconds(below(dice_, 200)),
                               [&] { inside(weft::this_fiber::current_context(), depth); });
        else
            weft::with_context(under, [&] { inside(under, depth); });
    }

    void inside(context const& under, int depth) {
        enclosing_.push_back(under);
        for (std::uint64_t steps = below(dice_, 6); steps != 0 && wrong_.empty(); --steps) step(depth - 1);
        enclosing_.pop_back();
    }

    // Fibers that inherit: they must end when the context does, which this player sees to.
    void crowd(int depth) {
        auto const [ctx, cancel] = derive(enclosing_.empty() ? context() : enclosing_.back());
        std::atomic<int> told = 0;
        {
            weft::this_fiber::shield const join_them;
            weft::task_group group(ctx);
            for (int i = 0; i != depth; ++i)
                group.go([&told] {
                    try {
                        weft::make_chan<int>().recv();
                    } catch (weft::cancelled const&) {
                        ++told;
                    }
                });
            for (std::uint64_t turns = below(dice_, 3); turns != 0; --turns)
                weft::this_fiber::sleep_for(microseconds(1));
            cancel();
            group.wait();
        }
        if (told != depth) wrong_ = "a fiber did not end with its context";
    }

    bool any(std::error_code what) const {
        return std::any_of(enclosing_.begin(), enclosing_.end(), [&](context const& c) { return c.error() == what; });
    }
    bool is_under_cancelled() const {
        return std::any_of(enclosing_.begin(), enclosing_.end(),
                           [](context const& c) { return static_cast<bool>(c.error()); });
    }

    template <class Call>
    bool told(Call const& call) {
        try {
            call();
            return false;
        } catch (weft::deadline_exceeded const&) {
            if (!any(std::make_error_code(std::errc::timed_out))) wrong_ = "no deadline has passed";
        } catch (weft::cancelled const&) {
            if (!any(std::make_error_code(std::errc::operation_canceled))) wrong_ = "nothing was cancelled";
        }
        return true;
    }

    void look() {
        bool const before = is_under_cancelled();
        if (!told([] { weft::this_fiber::check_cancelled(); }) && before) wrong_ = "check_cancelled did not throw";
    }

    void wait() {
        bool const before = is_under_cancelled();
        auto const nobody = weft::make_chan<int>();
        auto const patience = microseconds(below(dice_, 3) == 0 ? 30 : 1);
        // A select looks at its cases first; a timeout that has only begun is not ready.
        bool const thrown =
            told([&] { weft::select(weft::on_recv(nobody, [](std::optional<int>) {}), weft::on_timeout(patience)); });
        if (!thrown && before) wrong_ = "a wait under a cancelled context did not throw";
    }

    engine dice_;
    commons& shared_;
    std::vector<weft::cancellable> own_;
    std::vector<context> enclosing_;
    std::string wrong_;
};

}  // namespace

TEST_CASE("random contexts, scopes and deadlines: told if and only if there is a reason",
          "[stress][context][cancel][C39]") {
    std::uint64_t const seed = weft_test::seed_of("random contexts");
    weft_test::with_workers([&](weft::runtime_options options) {
        options.seed = seed;
        weft::run(
            [&] {
                engine dice(seed);
                for (int round = 0; round != weft_test::sized(10, 6, 3); ++round) {
                    INFO("WEFT_TEST_SEED=" << seed << ", round " << round);
                    commons shared;
                    std::vector<weft::fiber<std::string>> players;
                    for (int i = 0; i != 12; ++i)
                        players.push_back(weft::spawn([&shared, start = dice()] {
                            return player(start, shared).play(weft_test::sized(400, 250, 60));
                        }));
                    for (auto& one : players) CHECK(one.join().empty());
                }
            },
            options);
    });
}
