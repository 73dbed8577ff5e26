// The contract of a poller, for each kind.

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>
#include <weft/detail/poller.hpp>
#include <weft/weft.hpp>

#include "engines.hpp"
#include "sockets.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/watchdog.hpp"

using namespace std::chrono_literals;
using weft::detail::poller;
using weft::detail::ready_list;

namespace {

constexpr auto for_ever = weft::clock::time_point::max();
constexpr auto at_once = weft::clock::time_point::min();

// Those that watch descriptors.
template <class Body>
void with_engines(Body const& body) {
    weft_test::watchdog guard("pollers");
    SECTION("epoll") { body(*weft::detail::make_poller(weft::poller_kind::epoll)); }
    SECTION("io_uring") {
        if (weft_test::has_io_uring()) body(*weft::detail::make_io_uring_poller());
    }
}

template <class Body>
void with_pollers(Body const& body) {
    SECTION("futex") {
        weft_test::watchdog guard("pollers");
        body(*weft::detail::make_futex_poller());
    }
    with_engines(body);
}

void poll(poller& p, weft::clock::time_point deadline) {
    ready_list ready;
    p.poll(deadline, ready);
    CHECK(ready.empty());
}

}  // namespace

TEST_CASE("an interrupt ends the waiting poll that follows, once", "[poller]") {
    with_pollers([](poller& p) {
        for (int i = 0; i != 3; ++i) p.interrupt();  // as one
        poll(p, for_ever);
        auto const deadline = weft::clock::now() + 2ms;
        poll(p, deadline);
        CHECK(weft::clock::now() >= deadline);
        p.interrupt();
        poll(p, for_ever);
    });
}

TEST_CASE("an interrupt from another thread ends a poll, however the two meet", "[poller][bug]") {
    with_pollers([](poller& p) {
        constexpr int rounds = 2'000;
        std::atomic<int> begun{0}, ended{0};
        std::thread owner([&] {
            for (int i = 1; i <= rounds; ++i) {
                begun = i;
                ready_list ready;
                p.poll(for_ever, ready);
                ended = i;
            }
        });
        for (int i = 1; i <= rounds; ++i) {
            while (begun.load() < i) std::this_thread::yield();
            p.interrupt();
            while (ended.load() < i) std::this_thread::yield();
        }
        owner.join();
    });
}

TEST_CASE("a poll with a deadline does not end before it", "[poller][C35]") {
    with_pollers([](poller& p) {
        for (auto const span : {1us, 300us, 1500us, 4000us}) {
            auto const deadline = weft::clock::now() + span;
            poll(p, deadline);
            CHECK(weft::clock::now() >= deadline);
        }
    });
}

TEST_CASE("a poll whose deadline has passed does not wait", "[poller]") {
    with_pollers([](poller& p) {
        for (int i = 0; i != 100; ++i) {
            poll(p, at_once);
            poll(p, weft::clock::now() - 1s);
        }
        CHECK_FALSE(p.watches());
    });
}

// The futex poller has nothing to look for, and only its owner polls it.
TEST_CASE("looking without waiting takes no interrupt from the owner", "[poller][bug]") {
    with_engines([](poller& p) {
        constexpr int rounds = 2'000;
        std::atomic<bool> over{false};
        std::thread looker([&] {
            while (!over.load()) {
                ready_list ready;
                p.poll(at_once, ready);
            }
        });
        std::atomic<int> ended{0};
        std::thread owner([&] {
            for (int i = 1; i <= rounds; ++i) {
                ready_list ready;
                p.poll(for_ever, ready);
                ended = i;
            }
        });
        for (int i = 1; i <= rounds; ++i) {
            p.interrupt();
            while (ended.load() < i) std::this_thread::yield();
        }
        owner.join();
        over = true;
        looker.join();
    });
}

TEST_CASE("a kind of poller that this system lacks is refused", "[poller]") {
    using enum weft::poller_kind;
    CHECK(weft::detail::make_poller(automatic) != nullptr);
    for (auto const kind : {kqueue, iocp}) {
        try {
            weft::detail::make_poller(kind);
            FAIL("made");
        } catch (std::system_error const& refused) {
            CHECK(refused.code() == std::errc::not_supported);
            CHECK(std::string(refused.what()).find("epoll") != std::string::npos);
        }
    }
}

namespace {

// What a container says.
weft::detail::system_table const forbids_io_uring = [] {
    weft::detail::system_table t;
    t.io_uring_setup = [](unsigned, io_uring_params*) {
        errno = EPERM;
        return -1;
    };
    return t;
}();

weft_test::child const confined{"io_uring is forbidden", [] {
                                    weft_test::installed const guard(forbids_io_uring);
                                    int sum = 0;
                                    for (int i = 0; i != 2; ++i)
                                        sum += weft::run(
                                            [] {
                                                auto [near, far] = weft_test::connect();
                                                weft_test::send(near, "hello");
                                                return static_cast<int>(weft_test::receive(far).size());
                                            },
                                            {.workers = 3, .poller = weft::poller_kind::io_uring});
                                    return sum;
                                }};

}  // namespace

TEST_CASE("where io_uring is forbidden epoll serves instead, which is said once", "[poller]") {
    if (!weft_test::is_built_with_io_uring()) return;
    auto const end = confined.run({"WEFT_POLLER=io_uring"});
    CHECK(end.exit_status == 10);
    CHECK(end.says("io_uring_setup: Operation not permitted"));
    CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
}
