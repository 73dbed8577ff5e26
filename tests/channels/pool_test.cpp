// pool: objects are used again, made when there are none, and not kept without bound.

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <weft/go.hpp>
#include <weft/pool.hpp>

#include "support/fixture.hpp"

using weft_test::counted;
using weft_test::in_fibers;

TEST_CASE("a pool makes what it does not have, and gives what was put back", "[pool]") {
    in_fibers([] {
        std::atomic<int> made = 0;
        weft::pool<std::string> strings([&] {
            ++made;
            return std::make_unique<std::string>("new");
        });
        auto one = strings.get();
        auto two = strings.get();
        CHECK(made == 2);
        CHECK(*one == "new");
        std::string const* const first = one.get();
        *one = "used";
        strings.put(std::move(one));
        auto again = strings.get();
        CHECK(again.get() == first);
        CHECK(*again == "used");
        CHECK(made == 2);
        strings.put(nullptr);
        CHECK(strings.get() != nullptr);
    });
}

TEST_CASE("a pool makes objects by default, or from a value", "[pool]") {
    weft::pool<std::vector<int>> vectors;
    CHECK(vectors.get()->empty());
    weft::pool<int> numbers([] { return 7; });
    CHECK(*numbers.get() == 7);
    weft::pool<int> fails([]() -> int { throw std::runtime_error("nothing there"); });
    CHECK_THROWS_AS(fails.get(), std::runtime_error);
}

TEST_CASE("a pool keeps a bounded number of idle objects, and destroys them with itself", "[pool]") {
    in_fibers([] {
        std::size_t const most = 32 * 2 * std::size_t{std::max(1u, std::thread::hardware_concurrency())};
        {
            weft::pool<counted> objects;
            std::vector<std::unique_ptr<counted>> many;
            for (std::size_t i = 0; i != most + 100; ++i) many.push_back(objects.get());
            for (auto& object : many) objects.put(std::move(object));
            CHECK(counted::live() > 0);
            CHECK(static_cast<std::size_t>(counted::live()) <= most);
        }
        CHECK(counted::live() == 0);
    });
}

TEST_CASE("no object is given to two users, whoever they are", "[pool][thread]") {
    weft_test::with_workers([](weft::runtime_options options) {
        constexpr int rounds = weft_test::sized(20'000, 10'000, 2'000);
        struct owned {
            std::atomic<int> owners{0};
            int touched = 0;  // plain: the thread sanitizer sees whether the pool orders its users
        };
        weft::pool<owned> objects;
        std::atomic<int> shared = 0;
        auto const use = [&] {
            for (int i = 0; i != rounds; ++i) {
                auto object = objects.get();
                if (++object->owners != 1) ++shared;
                ++object->touched;
                if (i % 16 == 0) weft::this_fiber::yield();
                --object->owners;
                objects.put(std::move(object));
            }
        };
        std::thread thread(use);
        weft::run(
            [&] {
                std::vector<weft::fiber<>> fibers;
                for (int i = 0; i != 6; ++i) fibers.push_back(weft::spawn(use));
                for (auto& fiber : fibers) fiber.join();
            },
            options);
        thread.join();
        CHECK(shared == 0);
    });
}
