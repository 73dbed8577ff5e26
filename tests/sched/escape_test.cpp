// Exceptions that nobody is there to catch, and those of `noexcept` code.

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <weft/go.hpp>
#include <weft/runtime.hpp>
#include <weft/this_fiber.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

using weft_test::child;
using weft_test::child_end;

namespace {

// Ends only if somebody ends the program.
[[noreturn]] void wait_for_the_end() {
    for (;;) weft::this_fiber::sleep_for(std::chrono::seconds(1));
}

child const detached_throws{"escape: a detached fiber", [] {
                                weft::run([] {
                                    weft::go({.name = "frayed"}, [] { throw std::runtime_error("broken thread"); });
                                    wait_for_the_end();
                                });
                                return 0;
                            }};

child const unnamed_throws{"escape: a fiber without a name", [] {
                               weft::run([] {
                                   weft::go([] { throw 5; });
                                   wait_for_the_end();
                               });
                               return 0;
                           }};

child const throws_after_detach{"escape: after detach", [] {
                                    weft::run([] {
                                        auto fiber = weft::spawn({.name = "unravelled"}, [] {
                                            weft::this_fiber::sleep_for(std::chrono::milliseconds(20));
                                            throw std::runtime_error("broken thread");
                                        });
                                        fiber.detach();
                                        wait_for_the_end();
                                    });
                                    return 0;
                                }};

void breaks() { throw std::runtime_error("broken promise"); }

void promises_not_to() noexcept { breaks(); }

child const leaves_noexcept{"escape: a noexcept frame", [] {
                                weft::run([] { weft::spawn({.name = "promiser"}, promises_not_to).join(); });
                                return 0;
                            }};

}  // namespace

TEST_CASE("an exception that escapes a detached fiber ends the program with its name", "[escape][child][C41]") {
    for (child const* program : {&detached_throws, &throws_after_detach}) {
        child_end const end = program->run();
        INFO(end.err);
        CHECK(end.signal == SIGABRT);
        CHECK(end.says("broken thread"));
        CHECK((end.says("frayed") || end.says("unravelled")));
    }
    child_end const end = unnamed_throws.run();
    INFO(end.err);
    CHECK(end.signal == SIGABRT);
    CHECK(end.says("escape_test.cpp:"));  // where it was started
}

TEST_CASE("an exception that leaves a noexcept frame ends the program", "[escape][child][C41]") {
    child_end const end = leaves_noexcept.run();
    INFO(end.err);
    CHECK(end.signal == SIGABRT);
}
