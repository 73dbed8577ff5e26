// Signals as values and as the end of a context.

#include <weft/signals.hpp>

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace signals = weft::signals;

namespace {

// TSan holds a signal back until the thread that got it calls one of the functions that it knows, which a thread that sleeps
// does not.
void raise_here(int signal) {
    if (under_tsan)
        ::raise(signal);
    else
        ::kill(::getpid(), signal);
}

struct sigaction action_of(int signal) {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    return now;
}

bool is_default(int signal) {
    struct sigaction const now = action_of(signal);
    return (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL;
}

std::atomic<int> foreign_calls{0};
void foreign_handler(int) { foreign_calls.fetch_add(1); }

// Installed for the length of a scope.
class foreign {
public:
    explicit foreign(int signal) : signal_(signal) {
        struct sigaction mine {};
        mine.sa_handler = &foreign_handler;
        sigemptyset(&mine.sa_mask);
        ::sigaction(signal, &mine, &before_);
    }
    ~foreign() { ::sigaction(signal_, &before_, nullptr); }
    foreign(foreign const&) = delete;

private:
    int signal_;
    struct sigaction before_ {};
};

}  // namespace

TEST_CASE("a signal wakes whoever waits for it, also when all workers sleep", "[signals]") {
    in_fibers([] {
        auto const came = weft::make_chan<int>(1);
        signals::notify(came, {SIGUSR1, SIGUSR2});
        for (int i = 0; i != 20; ++i) {
            int const which = i % 2 == 0 ? SIGUSR1 : SIGUSR2;
            auto waiter = weft::spawn([&] { return came.recv(); });
            until_parked(1);
            raise_here(which);
            CHECK(waiter.join() == which);
        }
        signals::stop(came);
        CHECK(is_default(SIGUSR1));
        CHECK(is_default(SIGUSR2));
    });
}

TEST_CASE("a signal goes to every channel that wants it, and waits for none", "[signals]") {
    in_fibers([] {
        auto const one = weft::make_chan<int>(1);
        auto const both = weft::make_chan<int>(8);
        auto const nobody_receives = weft::make_chan<int>();
        signals::notify(one, {SIGUSR1});
        signals::notify(both, {SIGUSR1});
        signals::notify(both, {SIGUSR2});
        signals::notify(nobody_receives, {SIGUSR1, SIGUSR2});
        raise_here(SIGUSR1);
        CHECK(one.recv() == SIGUSR1);
        CHECK(both.recv() == SIGUSR1);
        raise_here(SIGUSR2);
        CHECK(both.recv() == SIGUSR2);
        raise_here(SIGUSR1);
        CHECK(both.recv() == SIGUSR1);
        raise_here(SIGUSR1);  // the first channel is full by now
        CHECK(both.recv() == SIGUSR1);
        signals::stop(one);
        CHECK(one.size() == 1);
        raise_here(SIGUSR1);
        CHECK(both.recv() == SIGUSR1);
        CHECK(one.size() == 1);
        nobody_receives.close();
        raise_here(SIGUSR1);
        CHECK(both.recv() == SIGUSR1);
        signals::stop(both);
        signals::stop(both);
        signals::stop(nobody_receives);
        CHECK(is_default(SIGUSR1));
    });
}

TEST_CASE("what came before a stop is there when it returns", "[signals]") {
    in_fibers([] {
        for (int i = 0; i != 100; ++i) {
            auto const came = weft::make_chan<int>(1);
            signals::notify(came, {SIGUSR1});
            ::raise(SIGUSR1);  // has been handled when this returns
            signals::stop(came);
            CHECK(came.size() == 1);
        }
    });
}

TEST_CASE("a handler that was there first is called, and restored", "[signals]") {
    in_fibers([] {
        foreign const before(SIGUSR1);
        foreign_calls = 0;
        auto const came = weft::make_chan<int>(1);
        for (int i = 1; i != 4; ++i) {
            signals::notify(came, {SIGUSR1});
            ::raise(SIGUSR1);
            CHECK(came.recv() == SIGUSR1);
            CHECK(foreign_calls == 2 * i - 1);
            signals::stop(came);
            CHECK(action_of(SIGUSR1).sa_handler == &foreign_handler);
            ::raise(SIGUSR1);
            CHECK(foreign_calls == 2 * i);
        }
    });
}

TEST_CASE("signals are ignored, and as before after a reset", "[signals]") {
    in_fibers([] {
        auto const came = weft::make_chan<int>(4);
        signals::notify(came, {SIGUSR1, SIGUSR2});
        CHECK_FALSE(signals::is_ignored(SIGUSR1));
        signals::ignore({SIGUSR1});
        CHECK(signals::is_ignored(SIGUSR1));
        ::raise(SIGUSR1);
        ::raise(SIGUSR2);
        CHECK(came.recv() == SIGUSR2);
        signals::notify(came, {SIGUSR1});
        CHECK_FALSE(signals::is_ignored(SIGUSR1));
        ::raise(SIGUSR1);
        CHECK(came.recv() == SIGUSR1);
        signals::reset({SIGUSR1});
        CHECK(is_default(SIGUSR1));
        CHECK_FALSE(is_default(SIGUSR2));
        signals::ignore({SIGUSR1});
        signals::reset();
        CHECK(is_default(SIGUSR1));
        CHECK(is_default(SIGUSR2));
        CHECK(came.size() == 0);
    });
}

TEST_CASE("a signal ends a context", "[signals][context][cancel]") {
    in_fibers([] {
        auto const [ctx, stop] = signals::cancel_on({}, {SIGUSR1, SIGUSR2});
        auto sleeper = weft::with_context(ctx, [] { return weft::spawn([] { weft::this_fiber::sleep_for(1h); }); });
        until_parked(1);
        CHECK(weft::select(weft::on_done(ctx), weft::otherwise()) == 1);
        raise_here(SIGUSR2);
        CHECK(weft::select(weft::on_done(ctx), weft::on_timeout(1h)) == 0);
        CHECK_THROWS_AS(sleeper.join(), weft::cancelled);
        CHECK(ctx.error() == std::errc::operation_canceled);
        try {
            std::rethrow_exception(ctx.cause());
        } catch (signals::interrupted const& by) {
            CHECK(by.signal() == SIGUSR2);
            CHECK(std::string(by.what()) == "signal " + std::to_string(SIGUSR2));
        }
        CHECK_FALSE(is_default(SIGUSR1));  // until it is stopped
        stop();
        CHECK(is_default(SIGUSR1));
    });
}

TEST_CASE("such a context ends with its parent, and when it is stopped", "[signals][context]") {
    in_fibers([] {
        auto const [parent, cancel] = weft::with_cancel({});
        {
            auto made = signals::cancel_on(parent, {SIGUSR1});
            cancel();
            CHECK(made.ctx.error() == std::errc::operation_canceled);
            CHECK(made.ctx.cause() == nullptr);
            auto const moved = std::move(made.stop);
            CHECK_FALSE(is_default(SIGUSR1));
        }
        CHECK(is_default(SIGUSR1));
        auto const [ctx, stop] = signals::cancel_on({}, {SIGUSR1});
        stop();
        CHECK(ctx.error() == std::errc::operation_canceled);
        stop();
    });
}

TEST_CASE("plain threads and two runtimes get signals, and so does the next runtime", "[signals]") {
    with_workers([](weft::runtime_options options) {
        auto const came = weft::make_chan<int>(3);
        signals::notify(came, {SIGUSR1});
        ::raise(SIGUSR1);
        CHECK(came.recv() == SIGUSR1);
        for (int round = 0; round != 3; ++round) {
            weft::runtime beside(options);
            auto other = weft::make_chan<int>(1);
            signals::notify(other, {SIGUSR1});
            auto waiting = beside.spawn([&] { return other.recv(); });
            CHECK(weft::run(
                      [&] {
                          raise_here(SIGUSR1);
                          return came.recv();
                      },
                      options) == SIGUSR1);
            CHECK(waiting.join() == SIGUSR1);
            signals::stop(other);
        }
        signals::stop(came);
    });
}

TEST_CASE("signals that cannot be passed on are refused", "[signals]") {
    in_fibers([] {
        auto const came = weft::make_chan<int>(1);
        for (int const bad :
             {0, -1, 65, 1000, SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, 32}) {
            INFO(bad);
            CHECK_THROWS_AS(signals::notify(came, {SIGUSR1, bad}), std::invalid_argument);
            CHECK_THROWS_AS(signals::ignore({SIGUSR1, bad}), std::invalid_argument);
            CHECK(is_default(SIGUSR1));
            CHECK_THROWS_AS(signals::cancel_on({}, {bad}), std::invalid_argument);
        }
        CHECK(is_default(SIGUSR1));
        CHECK_THROWS_AS(signals::notify(came, {}), std::invalid_argument);
        CHECK_THROWS_AS(signals::notify(weft::send_chan<int>(), {SIGUSR1}), std::invalid_argument);
        CHECK_THROWS_AS(signals::is_ignored(1000), std::invalid_argument);
        try {
            signals::notify(came, {SIGSEGV});
        } catch (std::invalid_argument const& e) {
            CHECK(std::string(e.what()).find("sigaction") != std::string::npos);
        }
    });
}

TEST_CASE("wishes come and go while signals pour in", "[signals]") {
    in_fibers([] {
        constexpr int rounds = sized(300, 100, 30);
        std::atomic<bool> done{false};
        auto const always = weft::make_chan<int>(1);  // by its default the signal would end the test
        signals::notify(always, {SIGUSR1});
        std::thread sender([&] {
            while (!done) {
                raise_here(SIGUSR1);
                std::this_thread::yield();
            }
        });
        CHECK(always.recv() == SIGUSR1);  // it pours
        std::vector<weft::fiber<int>> all;
        for (int f = 0; f != 8; ++f)
            all.push_back(weft::spawn([f] {
                int got = 0;
                for (int i = 0; i != rounds; ++i) {
                    if ((i + f) % 3 == 0) {
                        auto const [ctx, stop] = signals::cancel_on({}, {SIGUSR1, SIGWINCH});
                    } else {
                        auto const came = weft::make_chan<int>(1);
                        signals::notify(came, {SIGWINCH});
                        raise_here(SIGWINCH);
                        if (came.recv() == SIGWINCH) ++got;
                        signals::stop(came);
                    }
                    weft::this_fiber::yield();
                }
                return got;
            }));
        for (auto& one : all) CHECK(one.join() > 0);
        CHECK(always.recv() == SIGUSR1);
        done = true;
        sender.join();
        signals::reset();
        CHECK(is_default(SIGWINCH));
        CHECK(is_default(SIGUSR1));
    });
}
