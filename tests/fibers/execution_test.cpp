// What belongs to an execution and not to its thread, and what runs at a switch.

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "strand.hpp"
#include "support/catch.hpp"

using weft_test::strand;
using weft_test::thread_host;

TEST_CASE("a strand runs until it suspends, and on from there", "[execution]") {
    thread_host here;
    std::vector<int> order;
    strand one([&](strand& self) {
        order.push_back(1);
        self.suspend();
        order.push_back(3);
    });
    here.run(one);
    order.push_back(2);
    CHECK_FALSE(one.ended());
    here.run(one);
    CHECK(one.ended());
    CHECK(order == std::vector{1, 2, 3});
}

TEST_CASE("each execution rethrows the exception that it caught", "[execution][C46]") {
    thread_host here;
    std::vector<std::string> seen;
    auto const catcher = [&seen](std::string name) {
        return [&seen, name](strand& self) {
            try {
                try {
                    throw std::runtime_error(name);
                } catch (std::runtime_error const&) {
                    self.suspend();  // the others catch theirs meanwhile
                    throw;
                }
            } catch (std::runtime_error const& again) {
                self.suspend();
                seen.push_back(again.what());
            }
            if (std::current_exception() != nullptr) seen.emplace_back("an exception that was handled");
        };
    };
    strand first(catcher("first")), second(catcher("second"));
    for (int turn = 0; turn != 3; ++turn) {
        here.run(first);
        here.run(second);
        CHECK(std::current_exception() == nullptr);
    }
    CHECK(first.ended());
    CHECK(second.ended());
    CHECK(seen == std::vector<std::string>{"first", "second"});
}

namespace {

// Suspends while an exception unwinds the stack, and notes what it sees of it.
struct suspends_in_destructor {
    strand& self;
    std::vector<int>& uncaught;
    ~suspends_in_destructor() {
        uncaught.push_back(std::uncaught_exceptions());
        self.suspend();
        uncaught.push_back(std::uncaught_exceptions());
    }
};

}  // namespace

TEST_CASE("each execution counts its own uncaught exceptions", "[execution][C46]") {
    thread_host here;
    std::vector<int> unwinding, calm;
    strand thrower([&](strand& self) {
        try {
            suspends_in_destructor const guard{self, unwinding};
            throw 1;
        } catch (int) {}
    });
    strand other([&](strand& self) {
        calm.push_back(std::uncaught_exceptions());
        self.suspend();
        calm.push_back(std::uncaught_exceptions());
    });
    here.run(thrower);
    CHECK(std::uncaught_exceptions() == 0);
    here.run(other);
    here.run(thrower);
    here.run(other);
    CHECK(unwinding == std::vector{1, 1});
    CHECK(calm == std::vector{0, 0});
}

TEST_CASE("an execution takes its exceptions along to another thread", "[execution][C46]") {
    std::string seen;
    strand traveller([&](strand& self) {
        try {
            throw std::runtime_error("luggage");
        } catch (...) {
            self.suspend();
            try {
                throw;
            } catch (std::runtime_error const& error) {
                seen = error.what();
            }
        }
    });
    bool clean_before = false, clean_after = false;
    std::thread([&] {
        thread_host here;
        here.run(traveller);
        clean_before = std::current_exception() == nullptr;
    }).join();
    std::thread([&] {
        thread_host here;
        here.run(traveller);
        clean_after = std::current_exception() == nullptr;
    }).join();
    CHECK(traveller.ended());
    CHECK(seen == "luggage");
    CHECK(clean_before);
    CHECK(clean_after);
}

namespace {

std::vector<int>* order_of_events = nullptr;

}  // namespace

TEST_CASE("the after-switch action runs on the target before anything else", "[execution]") {
    thread_host here;
    std::vector<int> order;
    order_of_events = &order;
    auto const note = [](weft::detail::host&, weft::detail::execution& left) noexcept {
        // The one that was left is complete: it could be continued elsewhere from now on.
        order_of_events->push_back(left.stack_pointer != nullptr ? 0 : -1);
    };
    strand second([&](strand& self) {
        order.push_back(2);
        self.suspend(note);
    });
    strand first([&](strand& self) {
        order.push_back(1);
        self.hand_over(second, note);
        order.push_back(4);
    });
    here.run(first, note);
    order.push_back(3);
    here.run(first);
    here.run(second);
    CHECK(first.ended());
    CHECK(second.ended());
    CHECK(order == std::vector{0, 1, 0, 2, 0, 3, 4});
}

TEST_CASE("a finished execution leaves its stack to whoever comes next", "[execution]") {
    thread_host here;
    int ran = 0;
    for (int life = 0; life != 1'000; ++life) {
        strand one([&](strand&) {
            try {
                throw life;
            } catch (int) {
                ++ran;
            }
        });
        here.run(one);
        if (!one.ended()) break;
    }
    CHECK(ran == 1'000);
}

TEST_CASE("two hundred executions take turns", "[execution]") {
    thread_host here;
    constexpr int count = 200, turns = 50;
    std::vector<int> progress(count, 0);
    std::vector<std::unique_ptr<strand>> strands;
    for (int& mine : progress)
        strands.push_back(std::make_unique<strand>([&mine](strand& self) {
            for (int turn = 0; turn != turns; ++turn) {
                ++mine;
                self.suspend();
            }
        }));
    for (int turn = 0; turn <= turns; ++turn)
        for (auto& one : strands) here.run(*one);
    CHECK(progress == std::vector<int>(count, turns));
    for (auto& one : strands) CHECK(one->ended());
}
