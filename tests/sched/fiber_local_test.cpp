// One object per fiber.

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <weft/blocking.hpp>
#include <weft/detail/wait.hpp>
#include <weft/error.hpp>
#include <weft/fiber_local.hpp>
#include <weft/go.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::fiber_local;
using weft_test::counted;
using weft_test::in_fibers;

TEST_CASE("every fiber has an object of its own, made when it is first used", "[fiber_local]") {
    in_fibers([] {
        std::atomic<int> made = 0;
        fiber_local<int> number([&made] { return ++made * 10; });
        fiber_local<std::string> text;
        CHECK(made == 0);
        CHECK(*number == 10);
        *number = 5;
        CHECK(text->empty());
        std::vector<weft::fiber<bool>> fibers;
        for (int i = 0; i != 8; ++i)
            fibers.push_back(weft::spawn([&, i] {
                int& mine = number.get();
                bool right = mine >= 20 && text->empty();
                mine = i;
                *text = std::to_string(i);
                weft::this_fiber::sleep_for(1us);  // and perhaps on another worker from here on
                weft::this_fiber::yield();
                right = right && &mine == &number.get() && *number == i && *text == std::to_string(i);
                return right;
            }));
        for (auto& fiber : fibers) CHECK(fiber.join());
        CHECK(*number == 5);
        CHECK(made == 9);
    });
}

TEST_CASE("objects that need not be copied or moved are possible", "[fiber_local]") {
    in_fibers([] {
        fiber_local<std::atomic<int>> counter([] { return std::atomic<int>(3); });
        fiber_local<std::unique_ptr<int>> owner([n = std::make_unique<int>(4)] { return std::make_unique<int>(*n); });
        CHECK(counter->load() == 3);
        CHECK(**owner == 4);
    });
}

TEST_CASE("objects end with their fiber, newest first, and may wait then", "[fiber_local][C39]") {
    in_fibers([] {
        struct logged {
            std::string* log;
            char name;
            ~logged() {
                weft::this_fiber::sleep_for(1us);
                log->push_back(name);
            }
        };
        std::string log;
        fiber_local<logged> a([&log] { return logged{&log, 'a'}; });
        fiber_local<logged> b([&log] { return logged{&log, 'b'}; });
        auto fiber = weft::spawn([&] {
            b.get();
            a.get();
            log.push_back('.');
        });
        fiber.join();
        CHECK(log == ".ab");

        auto cancelled = weft::spawn([&] {
            a.get();
            weft::this_fiber::sleep_for(1h);
        });
        weft_test::until_parked(1);
        cancelled.cancel();
        CHECK_THROWS_AS(cancelled.join(), weft::cancelled);
        CHECK(log == ".aba");
    });
}

TEST_CASE("an object that outlives its variable ends with its fiber all the same", "[fiber_local]") {
    in_fibers([] {
        weft::spawn([] {
            {
                fiber_local<counted> gone;
                gone.get();
                CHECK(counted::live() == 1);
            }
            fiber_local<counted> other([] { return counted(5); });
            CHECK(other->value() == 5);
            CHECK(counted::live() == 2);
        }).join();
        CHECK(counted::live() == 0);
    });
}

TEST_CASE("a destructor may use a fiber_local, which then ends as well", "[fiber_local]") {
    in_fibers([] {
        fiber_local<counted> late;
        struct user {
            fiber_local<counted>* other;
            ~user() { other->get(); }
        };
        fiber_local<user> first([&late] { return user{&late}; });
        weft::spawn([&first] { first.get(); }).join();
        CHECK(counted::live() == 0);
    });
}

TEST_CASE("with the tag a spawned fiber begins with a copy", "[fiber_local]") {
    in_fibers([] {
        fiber_local<std::string> inherited([] { return std::string("fresh"); }, weft::inherit);
        fiber_local<int> zero(weft::inherit);
        fiber_local<std::string> own;
        *inherited = "mine";
        *own = "mine";
        CHECK(*zero == 0);
        auto child = weft::spawn([&] {
            bool right = *inherited == "mine" && own->empty();
            *inherited = "child's";
            return right && weft::spawn([&] { return *inherited == "child's"; }).join();
        });
        CHECK(child.join());
        CHECK(*inherited == "mine");
        std::atomic<int> fresh = -1;
        weft::go([&] { fresh = *inherited == "fresh"; });
        weft_test::yield_until([&] { return fresh != -1; });
        CHECK(fresh == 1);
    });
}

TEST_CASE("a copy that fails leaves nothing started", "[fiber_local]") {
    in_fibers([] {
        fiber_local<counted> before([] { return counted(1); }, weft::inherit);
        fiber_local<weft_test::fragile> fragile(weft::inherit);
        fragile.get();
        before.get();
        weft_test::fragile::light(1);
        CHECK_THROWS_AS(weft::spawn([kept = counted(2)] { return kept.value(); }), weft_test::fragile::broken);
        weft_test::fragile::light(-1);
        CHECK(counted::live() == 2);
        CHECK(weft::spawn([&] { return fragile->value() + before->value(); }).join() == 1);
    });
}

TEST_CASE("a plain thread has an object, too, which ends with it", "[fiber_local][thread]") {
    fiber_local<counted> local([] { return counted(7); });
    int first = 0, second = 0;
    std::thread one([&] {
        first = local->value();
        std::thread other([&] {
            *local = counted(8);
            second = local->value();
        });
        other.join();
        first += local->value();
    });
    one.join();
    CHECK(second == 8);
    CHECK(first == 14);
    CHECK(counted::live() == 0);
    in_fibers([&] {
        // A job of the pool runs on a thread of its own.
        CHECK(weft::blocking([&] { return local->value(); }) + local->value() == 14);
    });
}

namespace {

struct waits_at_thread_end {
    ~waits_at_thread_end() {
        auto const* const mine = &weft::detail::current_waiter();
        std::thread([&] { *shared = mine == &weft::detail::current_waiter(); }).join();
    }
    bool* shared;
};

}  // namespace

TEST_CASE("a thread-local destructor that waits does so on nobody else's behalf", "[thread][destroy]") {
    bool shared = true;
    std::thread([&] {
        thread_local waits_at_thread_end const older{&shared};  // so it goes after what the wait below makes
        static_cast<void>(older);
        static_cast<void>(weft::detail::current_waiter());
    }).join();
    CHECK_FALSE(shared);
}
