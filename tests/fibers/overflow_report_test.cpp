// The handler for faults: its words, and whom it leaves the faults of others to.

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>
#include <weft/detail/overflow_report.hpp>

#include "support/build.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"

using namespace weft::detail;

namespace {

template <class Write>
std::string written(Write const& write) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    write(ends[1]);
    ::close(ends[1]);
    char buffer[256];
    auto const got = ::read(ends[0], buffer, sizeof buffer);
    ::close(ends[0]);
    return {buffer, got > 0 ? static_cast<std::size_t>(got) : 0};
}

void describe(stack_slot const& slot, int to) noexcept {
    write_text(to, "the stack of class ");
    write_number(to, slot.size_class);
    write_text(to, "\n");
}

// A fault that is nobody's stack.
int fault_elsewhere() {
    void* const page = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *static_cast<char*>(page) = 1;
    return 0;
}

constexpr int seen_by_earlier_handler = 33;

weft_test::child const earlier_handler{"a fault with an earlier handler", [] {
                                           struct sigaction earlier {};
                                           earlier.sa_handler = [](int) {
                                               write_text(STDERR_FILENO, "earlier handler\n");
                                               std::_Exit(seen_by_earlier_handler);
                                           };
                                           ::sigaction(SIGSEGV, &earlier, nullptr);
                                           install_overflow_report(&describe);
                                           return fault_elsewhere();
                                       }};

weft_test::child const earlier_action{"a fault with an earlier action", [] {
                                          struct sigaction earlier {};
                                          earlier.sa_flags = SA_SIGINFO;
                                          earlier.sa_sigaction = [](int signal, siginfo_t* info, void* context) {
                                              bool const complete =
                                                  signal == SIGSEGV && info->si_addr != nullptr && context != nullptr;
                                              write_text(STDERR_FILENO, complete ? "earlier action\n" : "incomplete\n");
                                              std::_Exit(seen_by_earlier_handler);
                                          };
                                          ::sigaction(SIGSEGV, &earlier, nullptr);
                                          install_overflow_report(&describe);
                                          return fault_elsewhere();
                                      }};

weft_test::child const no_earlier_handler{"a fault without an earlier handler", [] {
                                              install_overflow_report(&describe);
                                              return fault_elsewhere();
                                          }};

weft_test::child const guard_fault{"a fault in a guard page", [] {
                                       install_overflow_report(&describe);
                                       *(stack_depot::acquire(2).limit - 1) = std::byte{1};
                                       return 0;
                                   }};

bool has_signal_stack() {
    stack_t current{};
    return ::sigaltstack(nullptr, &current) == 0 && (current.ss_flags & SS_DISABLE) == 0;
}

}  // namespace

TEST_CASE("text and numbers are written as they are", "[overflow]") {
    CHECK(written([](int to) { write_text(to, "fiber"); }) == "fiber");
    CHECK(written([](int to) { write_text(to, ""); }).empty());
    CHECK(written([](int to) { write_number(to, 0); }) == "0");
    CHECK(written([](int to) { write_number(to, 65'536); }) == "65536");
    CHECK(written([](int to) { write_number(to, UINT64_MAX); }) == "18446744073709551615");
}

TEST_CASE("a fault in a guard page is reported, with the size of the stack", "[overflow][C48]") {
    auto const end = guard_fault.run();
    CHECK(end.says("weft: stack overflow in the stack of class 2\n"));
    CHECK(end.says("weft: its stack has 65536 bytes"));
    CHECK(end.signal == SIGSEGV);
}

TEST_CASE("a fault elsewhere goes to whoever handled it before", "[overflow]") {
    auto const plain = earlier_handler.run();
    CHECK(plain.exit_status == seen_by_earlier_handler);
    CHECK(plain.err == "earlier handler\n");
    auto const full = earlier_action.run();
    CHECK(full.exit_status == seen_by_earlier_handler);
    CHECK(full.err == "earlier action\n");
}

TEST_CASE("a fault elsewhere that nobody handled ends the process as ever", "[overflow]") {
    if (weft_test::sanitized) return;  // a sanitizer handles it
    auto const end = no_earlier_handler.run();
    CHECK(end.signal == SIGSEGV);
    CHECK_FALSE(end.says("weft:"));
}

TEST_CASE("a thread has a signal stack while it asks for one, and keeps one it had", "[overflow]") {
    if (weft_test::sanitized) return;  // a sanitizer gives every thread one
    bool inside = false, nested = false, after_nested = false, after = true;
    std::thread([&] {
        {
            signal_stack const outer;
            inside = has_signal_stack();
            {
                signal_stack const inner;
                nested = has_signal_stack();
            }
            after_nested = has_signal_stack();
        }
        after = has_signal_stack();
    }).join();
    CHECK(inside);
    CHECK(nested);
    CHECK(after_nested);
    CHECK_FALSE(after);
}
