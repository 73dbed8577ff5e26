#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/leak_guard.hpp>
#include <weft/runtime.hpp>
#include <weft/this_fiber.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::child_end;
using weft_test::in_fibers;

namespace {

void sleep_long() {
    try {
        weft::this_fiber::sleep_for(1h);
    } catch (weft::cancelled const&) {}
}

child const forgotten{"leak guard: forgotten", [] {
                          weft::run([] {
                              weft::leak_guard const guard;
                              weft::go({.name = "stray"}, sleep_long);
                          });
                          return 0;
                      }};

child const clean{"leak guard: clean", [] {
                      return weft::run([] {
                          weft::leak_guard const guard;
                          weft::spawn([] {}).join();
                          return 7;
                      });
                  }};

child const unwinding{"leak guard: unwinding", [] {
                          try {
                              weft::run([] {
                                  weft::leak_guard const guard;
                                  weft::go({.name = "stray"}, sleep_long);
                                  throw std::runtime_error("first things first");
                              });
                          } catch (std::runtime_error const&) {
                              return 7;
                          }
                          return 0;
                      }};

}  // namespace

TEST_CASE("a leak guard names the fibers that are left", "[report][leak_guard]") {
    in_fibers([] {
        auto known = weft::spawn({.name = "known"}, sleep_long);
        weft::leak_guard guard;
        CHECK(guard.leaks(0s).empty());
        auto left = weft::spawn({.name = "left over"}, sleep_long);
        weft_test::until_parked(2);
        std::string text;
        try {
            guard.check(1ms);
        } catch (weft::fibers_leaked const& leak) {
            text = leak.what();
        }
        INFO(text);
        CHECK(text.find("left over") != std::string::npos);
        CHECK(text.find("waiting: sleep") != std::string::npos);
        CHECK(text.find("leak_guard_test.cpp:") != std::string::npos);
        CHECK(text.find("known") == std::string::npos);
        CHECK(guard.leaks(0s).find("left over") != std::string::npos);
        left.cancel();
        left.join();
        CHECK_NOTHROW(guard.check());
        known.cancel();
        known.join();
    });
}

TEST_CASE("a leak guard waits for fibers that are about to end", "[report][leak_guard]") {
    in_fibers([] {
        weft::leak_guard guard;
        std::atomic<bool> open = false;
        for (int i = 0; i != 10; ++i) weft::go([&] { weft_test::yield_until([&] { return open.load(); }); });
        auto opener = weft::spawn([&] {
            weft::this_fiber::sleep_for(5ms);
            open = true;
        });
        CHECK_NOTHROW(guard.check(1h));
        CHECK(open);
        opener.join();
    });
}

TEST_CASE("a plain thread guards the fibers of all runtimes", "[report][leak_guard][thread]") {
    weft_test::with_workers([](weft::runtime_options options) {
        weft::leak_guard guard;
        weft::runtime rt(options);
        auto fiber = rt.spawn(sleep_long);
        CHECK_THROWS_AS(guard.check(1ms), weft::fibers_leaked);
        fiber.cancel();
        fiber.join();
        CHECK_NOTHROW(guard.check());
    });
}

TEST_CASE("a leak guard that nobody asked ends the program when there is a leak", "[report][leak_guard][child]") {
    child_end const leak = forgotten.run();
    INFO(leak.err);
    CHECK(leak.signal == SIGABRT);
    CHECK(leak.says("stray"));
    CHECK(leak.says("leak_guard"));
    CHECK(clean.run().exit_status == 7);
    CHECK(unwinding.run().exit_status == 7);  // the exception says more
}
