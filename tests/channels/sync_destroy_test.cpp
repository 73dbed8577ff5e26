// The synchronisation types may be destroyed as soon as a call returned that saw their final state, while the waker is still
// inside. One stress per type, with fibers and with a thread as the waker; the address sanitizer is the judge.

#include <chrono>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <weft/chan.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::with_workers;

namespace {

constexpr int rounds = weft_test::sized(5'000, 2'000, 500);

// Makes an object again and again. Another fiber, or by turns a thread, calls `wake(object)`, while the main fiber calls
// `see_end(object, round)` and then destroys it.
template <class Make, class Wake, class SeeEnd>
void destroy_after_wake(Make const& make, Wake const& wake, SeeEnd const& see_end) {
    with_workers([&](weft::runtime_options options) {
        using object = typename decltype(make())::element_type;
        auto const orders = weft::make_chan<object*>();
        std::thread waker([&] {
            for (object* ordered : orders) wake(*ordered);
        });
        weft::run(
            [&] {
                for (int i = 0; i != rounds; ++i) {
                    auto one = make();
                    if (i % 4 == 0)
                        orders.send(one.get());
                    else
                        weft::go([&wake, raw = one.get()] { wake(*raw); });
                    see_end(*one, i);
                    one.reset();
                }
                orders.close();
            },
            options);
        waker.join();
    });
}

// A lock with the number of those that still use it.
template <class Mutex>
struct shared_object {
    Mutex mutex;
    int users = 2;
};

template <class Mutex, class Lock>
void destroy_after_unlock(Lock const& lock) {
    struct owner {
        std::unique_ptr<shared_object<Mutex>> object;
    };
    weft_test::in_fibers([&] {
        for (int i = 0; i != rounds; ++i) {
            auto* const both = new shared_object<Mutex>;
            auto const leave = [both, &lock](int turn) {
                bool last = false;
                {
                    auto const held = lock(both->mutex, turn);
                    last = --both->users == 0;
                }
                // The other may still be inside its unlock.
                if (last) delete both;
            };
            auto other = weft::spawn(leave, i);
            if (i % 4 == 0) weft::this_fiber::yield();
            leave(i + 1);
            other.join();
        }
    });
}

}  // namespace

TEST_CASE("an event may be dropped by who saw it set", "[event][destroy][thread][C9]") {
    destroy_after_wake([] { return std::make_unique<weft::event>(); }, [](weft::event& e) { e.set(); },
                       [](weft::event& e, int i) {
                           if (i % 3 == 0) e.wait();
                           if (i % 3 == 1) weft_test::yield_until([&] { return e.is_set(); });
                           if (i % 3 == 2) weft::select(weft::on_set(e), weft::on_timeout(1h));
                       });
}

TEST_CASE("a latch may be dropped by who saw it at zero", "[latch][destroy][thread][C9]") {
    destroy_after_wake([] { return std::make_unique<weft::latch>(2); }, [](weft::latch& l) { l.count_down(); },
                       [](weft::latch& l, int i) {
                           if (i % 2 == 0) return l.arrive_and_wait();
                           l.count_down();
                           weft_test::yield_until([&] { return l.try_wait(); });
                       });
}

TEST_CASE("a semaphore may be dropped by who got the permit", "[semaphore][destroy][thread][C9]") {
    destroy_after_wake([] { return std::make_unique<weft::counting_semaphore>(0); },
                       [](weft::counting_semaphore& s) { s.release(); },
                       [](weft::counting_semaphore& s, int i) {
                           if (i % 3 == 0) s.acquire();
                           if (i % 3 == 1) weft_test::yield_until([&] { return s.try_acquire(); });
                           if (i % 3 == 2) weft_test::yield_until([&] { return s.try_acquire_for(1us); });
                       });
}

TEST_CASE("a barrier may be dropped by who went through last", "[barrier][destroy][thread][C9]") {
    destroy_after_wake([] { return std::make_unique<weft::barrier>(2); }, [](weft::barrier& b) { b.arrive_and_drop(); },
                       [](weft::barrier& b, int) { b.arrive_and_wait(); });
}

TEST_CASE("a condition_variable may be dropped by who was notified", "[condition_variable][destroy][thread][C9]") {
    struct signal {
        weft::mutex mutex;
        weft::condition_variable changed;
        bool happened = false;
    };
    destroy_after_wake([] { return std::make_unique<signal>(); },
                       [](signal& s) {
                           std::lock_guard lock(s.mutex);
                           s.happened = true;
                           s.changed.notify_all();
                       },
                       [](signal& s, int i) {
                           std::unique_lock lock(s.mutex);
                           if (i % 2 == 0)
                               s.changed.wait(lock, [&] { return s.happened; });
                           else
                               while (!s.changed.wait_for(lock, 10us, [&] { return s.happened; })) {}
                       });
}

TEST_CASE("a once may be dropped by who saw it done", "[once][destroy][thread][C9]") {
    struct lazy {
        weft::once first;
        std::atomic<bool> begun = false;
    };
    destroy_after_wake([] { return std::make_unique<lazy>(); }, [](lazy& l) { l.first.call([&] { l.begun = true; }); },
                       [](lazy& l, int i) {
                           weft_test::yield_until([&] { return l.begun.load(); });
                           if (i % 2 == 0) return l.first.call([] {});
                           weft_test::yield_until([&] { return l.first.is_done(); });
                       });
}

TEST_CASE("a wait_group may be dropped by a timed wait", "[wait_group][destroy][thread][C9]") {
    destroy_after_wake(
        [] {
            auto group = std::make_unique<weft::wait_group>();
            group->add();
            return group;
        },
        [](weft::wait_group& g) { g.done(); },
        [](weft::wait_group& g, int) {
            while (!g.wait_for(1us)) {}
        });
}

TEST_CASE("a timed_mutex may be dropped by who locks it after the last unlock", "[timed_mutex][destroy][C9]") {
    destroy_after_unlock<weft::timed_mutex>([](weft::timed_mutex& m, int turn) {
        std::unique_lock lock(m, std::defer_lock);
        if (turn % 2 == 0)
            lock.lock();
        else
            while (!lock.try_lock_for(1us)) {}
        return lock;
    });
}

TEST_CASE("a shared_mutex may be dropped by who locks it after the last unlock", "[shared_mutex][destroy][C9]") {
    destroy_after_unlock<weft::shared_mutex>([](weft::shared_mutex& m, int turn) {
        // A reader now and then, so that both kinds of unlock hand over.
        if (turn % 3 == 0) std::shared_lock const look(m);
        return std::unique_lock(m);
    });
}
