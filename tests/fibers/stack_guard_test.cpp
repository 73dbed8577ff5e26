// The page below each stack, which turns an overflow into a fault.

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>
#include <weft/detail/stack_pool.hpp>

#include "support/build.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"

using namespace weft::detail;

namespace {

weft_test::child const write_below_limit{"write below the limit of a stack", [] {
                                             stack_slot& slot = stack_depot::acquire(1);
                                             *slot.limit = std::byte{1};
                                             std::puts("limit written");
                                             std::fflush(stdout);
                                             *(slot.limit - 1) = std::byte{1};
                                             return 0;
                                         }};

// A sanitizer catches the signal, reports it and exits.
bool faulted(weft_test::child_end const& end) {
    if (end.out != "limit written\n" || end.timed_out) return false;
    return weft_test::sanitized ? end.signal != 0 || end.exit_status > 0 : end.signal == SIGSEGV;
}

std::size_t mappings() {
    std::ifstream maps("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) ++count;
    return count;
}

constexpr std::size_t many = 41'000;
constexpr std::size_t default_max_map_count = 65'530;

bool kernel_has_guards() {
    constexpr int advice_guard_install = 102;
    auto const bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const page = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool const works = page != MAP_FAILED && ::madvise(page, bytes, advice_guard_install) == 0;
    if (page != MAP_FAILED) ::munmap(page, bytes);
    return works;
}

// In a process of its own, whose end gives the memory back.
weft_test::child const take_many_stacks{"take many stacks", [] {
                                            std::size_t reached = 0;
                                            std::string refusal;
                                            try {
                                                for (; reached != many; ++reached) (void)stack_depot::acquire(0);
                                            } catch (std::exception const& error) {
                                                refusal = error.what();
                                            }
                                            std::printf("%zu %zu\n%s\n", reached, mappings(), refusal.c_str());
                                            return 0;
                                        }};

}  // namespace

TEST_CASE("the guard page of a stack is found by its addresses alone", "[stack][guard]") {
    stack_slot& slot = stack_depot::acquire(1);
    auto const page = ::sysconf(_SC_PAGESIZE);
    CHECK(stack_depot::guarded_by(slot.limit - 1) == &slot);
    CHECK(stack_depot::guarded_by(slot.limit - page) == &slot);
    CHECK(stack_depot::guarded_by(slot.limit) == nullptr);
    CHECK(stack_depot::guarded_by(&slot) == nullptr);
    CHECK(stack_depot::guarded_by(&page) == nullptr);
    CHECK(stack_depot::guarded_by(nullptr) == nullptr);
    stack_depot::release(slot);
}

TEST_CASE("a write below a stack's limit faults", "[stack][guard]") {
    CHECK(faulted(write_below_limit.run()));
    CHECK(faulted(write_below_limit.run({"WEFT_STACK_GUARDS=mprotect"})));
}

TEST_CASE("guards can be left out", "[stack][guard]") {
    auto const end = write_below_limit.run({"WEFT_STACK_GUARDS=none"});
    CHECK(end.exit_status == 0);
    CHECK(end.out == "limit written\n");
}

TEST_CASE("more stacks than the default map count allows to guard with mprotect", "[stack][guard][B18]") {
    if (weft_test::sanitized) return;  // their shadow memory is too much for this
    auto const counts = [](weft_test::child_end const& end) {
        std::pair<std::size_t, std::size_t> read{0, 0};
        REQUIRE(std::sscanf(end.out.c_str(), "%zu %zu", &read.first, &read.second) == 2);
        return read;
    };
    auto const by_default = take_many_stacks.run();
    auto const [stacks, maps] = counts(by_default);
    CHECK(maps < default_max_map_count);
    if (kernel_has_guards()) {
        CHECK(stacks == many);
        CHECK(maps < 1'000);
    } else {
        CHECK((stacks == many || by_default.out.find("vm.max_map_count") != std::string::npos));
    }
    CHECK(counts(take_many_stacks.run({"WEFT_STACK_GUARDS=none"})).first == many);
    auto const protect = take_many_stacks.run({"WEFT_STACK_GUARDS=mprotect"});
    CHECK((counts(protect).first == many || protect.out.find("vm.max_map_count") != std::string::npos));
}
