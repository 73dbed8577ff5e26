// What belongs to a fiber and not to the thread it happens to run on: exceptions in flight, floating-point registers, its stack.

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/go.hpp>
#include <weft/runtime.hpp>
#include <weft/this_fiber.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"
#include "support/stack.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::child_end;
using weft_test::dig;
using weft_test::in_fibers;

namespace {

// Runs `body(number)` in eight fibers at once; true if all return true.
template <class Body>
bool in_eight(Body const& body) {
    std::vector<weft::fiber<bool>> fibers;
    for (int i = 0; i != 8; ++i) fibers.push_back(weft::spawn([&body, i] { return body(i); }));
    bool all = true;
    for (auto& fiber : fibers) all = fiber.join() && all;
    return all;
}

void park(int turn) {
    if (turn % 3 == 0)
        weft::this_fiber::sleep_for(10us);
    else
        weft::this_fiber::yield();
}

}  // namespace

TEST_CASE("a fiber that parks inside catch rethrows its own exception", "[state][C46]") {
    in_fibers([] {
        CHECK(in_eight([](int self) {
            bool right = true;
            for (int turn = 0; turn != 100; ++turn) {
                std::string const mine = std::to_string(self * 1'000 + turn);
                try {
                    try {
                        throw std::runtime_error(mine);
                    } catch (std::runtime_error const&) {
                        park(turn);
                        throw;
                    }
                } catch (std::runtime_error const& error) {
                    park(turn + 1);
                    right = right && error.what() == mine && std::uncaught_exceptions() == 0;
                    right = right && std::current_exception() != nullptr;
                }
                right = right && std::current_exception() == nullptr;
            }
            return right;
        }));
    });
}

TEST_CASE("nested handlers survive parks in each of them", "[state][C46]") {
    in_fibers([] {
        CHECK(in_eight([](int self) {
            std::string seen;
            try {
                throw self;
            } catch (int outer) {
                park(0);
                try {
                    throw std::to_string(outer + 1);
                } catch (std::string const& inner) {
                    park(1);
                    seen = inner;
                }
                park(2);
                try {
                    throw;  // the outer one
                } catch (int again) {
                    park(3);
                    seen += std::to_string(again);
                }
            }
            return seen == std::to_string(self + 1) + std::to_string(self);
        }));
    });
}

TEST_CASE("a destructor that runs during unwinding parks and sees its own count", "[state][C46]") {
    in_fibers([] {
        CHECK(in_eight([](int self) {
            struct parking {
                bool& right;
                int turn;
                ~parking() {
                    right = right && std::uncaught_exceptions() == 1;
                    park(turn);
                    try {
                        throw 1.5;
                    } catch (double) {
                        park(turn + 1);
                        right = right && std::uncaught_exceptions() == 1;
                    }
                }
            };
            bool right = std::uncaught_exceptions() == 0;
            for (int turn = 0; turn != 50; ++turn) {
                try {
                    parking const in_the_way{right, turn};
                    throw self;
                } catch (int mine) {
                    right = right && mine == self && std::uncaught_exceptions() == 0;
                }
            }
            return right;
        }));
    });
}

TEST_CASE("an exception_ptr crosses fibers", "[state][C46]") {
    in_fibers([] {
        for (int i = 0; i != 50; ++i) {
            auto thrower = weft::spawn([i] {
                try {
                    throw std::runtime_error(std::to_string(i));
                } catch (...) {
                    weft::this_fiber::yield();
                    return std::current_exception();
                }
            });
            try {
                std::rethrow_exception(thrower.join());
            } catch (std::runtime_error const& error) {
                if (error.what() != std::to_string(i)) FAIL(error.what());
            }
        }
    });
}

TEST_CASE("floating-point values survive a switch", "[state][C47]") {
    in_fibers([] {
        CHECK(in_eight([](int self) {
            // More live values than registers, of each kind, and the same computation without a switch.
            auto const series = [self](auto const& between) {
                double a = self + 0.5, b = a * 3, c = b - 1.25, d = std::sqrt(c * c + 1), e = d / 7, f = e + a,
                       g = f * b, h = g - c;
                float p = 1.5f, q = p + static_cast<float>(self);
                long double x = 1.0L / 3, y = x + self;
                for (int turn = 0; turn != 60; ++turn) {
                    between(turn);
                    a = a * 0.9 + b * 0.1, b = b * 0.8 + c * 0.2, c = c * 0.7 + d * 0.3, d = d * 0.6 + e * 0.4;
                    e = e * 0.5 + f * 0.5, f = f * 0.4 + g * 0.6, g = g * 0.3 + h * 0.7, h = h * 0.2 + a * 0.8;
                    p = p * 0.5f + q * 0.5f, q = q * 0.25f + p * 0.75f;
                    x = x * 0.5L + y * 0.5L, y = y * 0.75L + x * 0.25L;
                }
                return std::array<long double, 12>{a, b, c, d, e, f, g, h, p, q, x, y};
            };
            return series([](int) {}) == series(park);
        }));
    });
}

namespace {

child const overflow{"a stack overflow", [] {
                         return weft::run([] {
                             return weft::spawn({.name = "bottomless", .stack_bytes = 64 * 1024},
                                                [] { return dig(SIZE_MAX) > 0 ? 1 : 0; })
                                 .join();
                         });
                     }};

int read_nothing() {
    int* volatile nowhere = nullptr;  // NOLINT(banned): the compiler must not see it coming
    return *nowhere;
}

child const null_access{"a fault that is no overflow", [] {
                            return weft::run([] { return weft::spawn({.name = "innocent"}, read_nothing).join(); });
                        }};

}  // namespace

TEST_CASE("a stack overflow is reported with name, size and remedy", "[state][child][C48]") {
    child_end const end = overflow.run();
    INFO(end.err);
    CHECK_FALSE(end.timed_out);
    CHECK(end.exit_status != 0);
    CHECK(end.says("overflow"));
    if (!weft_test::sanitized) {  // these report it themselves, in their own words
        CHECK(end.signal != 0);
        CHECK(end.says("bottomless"));
        CHECK(end.says("65536"));
        CHECK(end.says("stack_bytes"));
    }
}

TEST_CASE("another fault is not called an overflow", "[state][child][C48]") {
    child_end const end = null_access.run();
    INFO(end.err);
    CHECK_FALSE(end.timed_out);
    CHECK(end.exit_status != 0);
    CHECK_FALSE(end.says("overflow"));
    if (!weft_test::sanitized) CHECK(end.signal == SIGSEGV);
}
