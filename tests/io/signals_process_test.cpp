// Signals and the end of a process, in processes of their own.

#include <weft/signals.hpp>

#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <weft/weft.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace signals = weft::signals;

namespace {

// Sends SIGALRM in a while, from outside.
void alarm_soon() {
    itimerval const once{{0, 0}, {0, 50'000}};
    ::setitimer(ITIMER_REAL, &once, nullptr);
}

int status_of(bool right) { return right ? 0 : 1; }

child const waits_for_a_signal{"wait for a signal", [] {
                                   return weft::run([] {
                                       auto const came = weft::make_chan<int>(1);
                                       signals::notify(came, {SIGALRM});
                                       alarm_soon();
                                       bool const right = came.recv() == SIGALRM;
                                       signals::stop(came);
                                       return status_of(right);
                                   });
                               }};

child const deadlocks_after{"deadlock after stop", [] {
                                return weft::run([] {
                                    auto const came = weft::make_chan<int>(1);
                                    signals::notify(came, {SIGALRM});
                                    alarm_soon();
                                    came.recv();
                                    signals::stop(came);
                                    came.recv();
                                    return 0;
                                });
                            }};

child const ends_by_the_second{"the second SIGINT", [] {
                                   return weft::run([] {
                                       auto const [ctx, stop] = signals::cancel_on({}, {SIGINT});
                                       ::raise(SIGINT);
                                       weft::select(weft::on_done(ctx));
                                       ::raise(SIGINT);  // still wanted
                                       stop();
                                       ::raise(SIGINT);
                                       weft::this_fiber::sleep_for(1h);
                                       return 0;
                                   });
                               }};

// Reads what goes to stderr, and passes it on.
class overheard {
public:
    overheard() : passed_on_(::dup(STDERR_FILENO)) {
        int ends[2];
        if (passed_on_ < 0 || ::pipe2(ends, O_CLOEXEC) != 0 || ::dup2(ends[1], STDERR_FILENO) < 0) std::abort();
        ::close(ends[1]);
        reader_ = std::thread([this, from = ends[0]] { listen(from); });
    }
    ~overheard() {
        ::dup2(passed_on_, STDERR_FILENO);
        reader_.join();
    }
    overheard(overheard const&) = delete;

    /// Until a line with `text` in it has been said to its end.
    void wait_for_line(std::string_view text) {
        for (;; weft::this_fiber::sleep_for(1ms)) {
            std::lock_guard const guard(lock_);
            std::size_t const at = said_.find(text);
            if (at != std::string::npos && said_.find('\n', at) != std::string::npos) return;
        }
    }

private:
    void listen(int from) {
        char buffer[4096];
        for (ssize_t n; (n = ::read(from, buffer, sizeof buffer)) > 0;) {
            std::string_view const heard(buffer, static_cast<std::size_t>(n));
            if (::write(passed_on_, heard.data(), heard.size()) != n) std::abort();
            std::lock_guard const guard(lock_);
            said_ += heard;
        }
        ::close(from);
    }

    int const passed_on_;
    std::mutex lock_;
    std::string said_;  // guarded by lock_
    std::thread reader_;
};

// What stderr says between the marks tells whether SIGQUIT was answered.
void mark(char const* text) { static_cast<void>(!::write(STDERR_FILENO, text, std::char_traits<char>::length(text))); }

int quit_wanted_and_not() {
    overheard list;
    auto const came = weft::make_chan<int>(1);
    signals::notify(came, {SIGQUIT});
    ::raise(SIGQUIT);
    came.recv();
    signals::stop(came);
    mark("<stopped>");
    ::raise(SIGQUIT);  // the list of all fibers
    list.wait_for_line("fiber \"main\"");
    mark("<again>");
    signals::notify(came, {SIGQUIT});
    ::raise(SIGQUIT);
    came.recv();
    signals::stop(came);
    mark("<end>");
    return 0;
}

child const quit_after_runtime{"SIGQUIT, runtime first", [] { return weft::run(quit_wanted_and_not); }};

child const quit_before_runtime{"SIGQUIT, wish first", [] {
                                    auto const early = weft::make_chan<int>(1);
                                    signals::notify(early, {SIGQUIT});
                                    return weft::run([&] {
                                        ::raise(SIGQUIT);
                                        early.recv();
                                        signals::stop(early);
                                        return quit_wanted_and_not();
                                    });
                                }};

}  // namespace

TEST_CASE("a program that waits for a signal is not deadlocked", "[signals][deadlock]") {
    if (under_tsan) return;  // it does not see the alarm while all threads sleep
    child_end const end = waits_for_a_signal.run();
    CHECK(end.exit_status == 0);
    CHECK(end.err.empty());
}

TEST_CASE("without a wish for signals it is, again", "[signals][deadlock]") {
    if (under_tsan) return;  // nor here
    child_end const end = deadlocks_after.run();
    CHECK(end.exit_status == 2);
    CHECK(end.says("all fibers are asleep: deadlock"));
}

TEST_CASE("after stop a signal does what it did before", "[signals]") {
    CHECK(ends_by_the_second.run().signal == SIGINT);
}

TEST_CASE("SIGQUIT is the program's while it wants it, else a question for all fibers", "[signals]") {
    for (child const* which : {&quit_after_runtime, &quit_before_runtime}) {
        child_end const end = which->run();
        CHECK(end.exit_status == 0);
        CHECK(end.err.find("<stopped>") == 0);
        std::size_t const again = end.err.find("<again>");
        REQUIRE(again != std::string::npos);
        CHECK(end.err.substr(0, again).find("SIGQUIT: all fibers") != std::string::npos);
        CHECK(end.err.substr(again) == "<again><end>");
    }
}
