// The bare switch, without what belongs to an execution; whichever was built. TSan cannot follow stacks that it is not told of.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>
#include <weft/detail/switch_stack.hpp>

#include "support/build.hpp"
#include "support/catch.hpp"
#include "support/stack.hpp"

using weft::detail::continuation;
using weft::detail::switch_stack;
using weft_test::sized;

namespace {

constexpr std::size_t stack_bytes = 256 * 1024;

// A second stack, and the way there and back.
class excursion {
public:
    explicit excursion(weft::detail::stack_entry entry) : memory_(std::make_unique<std::byte[]>(stack_bytes)) {
        away = weft::detail::prepare_stack(memory_.get() + stack_bytes, memory_.get(), entry);
    }

    void* go(void* payload) { return switch_stack(&home, away, payload); }
    void* back(void* payload) { return switch_stack(&away, home, payload); }

    void* home = nullptr;
    void* away = nullptr;
    void* result = nullptr;

private:
    std::unique_ptr<std::byte[]> memory_;
};

// Hands back the address after the one it gets, until it gets null.
continuation count_on(void* payload) noexcept {
    auto& self = *static_cast<excursion*>(payload);
    void* got = self.back(nullptr);
    while (got != nullptr) got = self.back(static_cast<char*>(got) + 1);
    return {self.home, &self};
}

}  // namespace

TEST_CASE("the switch that was built has a name", "[switch]") {
    std::string_view const name = weft::detail::switch_name();
    CHECK((name == "asm" || name == "boost"));
}

TEST_CASE("a switch carries a payload in both directions", "[switch]") {
    if (weft_test::under_tsan) return;
    excursion trip(&count_on);
    char cells[3];
    CHECK(trip.go(&trip) == nullptr);
    CHECK(trip.go(&cells[0]) == &cells[1]);
    CHECK(trip.go(&cells[1]) == &cells[2]);
    CHECK(trip.go(nullptr) == &trip);  // the entry function returned
}

TEST_CASE("two stacks can switch a million times", "[switch]") {
    if (weft_test::under_tsan) return;
    excursion trip(&count_on);
    trip.go(&trip);
    char cells[2];
    constexpr int switches = sized(1'000'000, 1'000'000, 100'000);
    int wrong = 0;
    for (int i = 0; i != switches / 2; ++i) wrong += trip.go(&cells[0]) != &cells[1];
    CHECK(wrong == 0);
    CHECK(trip.go(nullptr) == &trip);
}

TEST_CASE("two hundred stacks take turns", "[switch]") {
    if (weft_test::under_tsan) return;
    std::vector<std::unique_ptr<excursion>> trips;
    for (int i = 0; i != 200; ++i) {
        trips.push_back(std::make_unique<excursion>(&count_on));
        trips.back()->go(trips.back().get());
    }
    std::vector<char> cells(51);
    int wrong = 0;
    for (std::size_t turn = 0; turn != 50; ++turn)
        for (auto& trip : trips) wrong += trip->go(&cells[turn]) != &cells[turn + 1];
    for (auto& trip : trips) wrong += trip->go(nullptr) != trip.get();
    CHECK(wrong == 0);
}

#if defined(__x86_64__)

namespace {

continuation spoil_registers(void* payload) noexcept {
    auto& self = *static_cast<excursion*>(payload);
    asm volatile(  // NOLINT(banned): must not be moved away from the switch
        "movq $-1, %%rbx\n\tmovq $-1, %%r12\n\tmovq $-1, %%r13\n\tmovq $-1, %%r14\n\tmovq $-1, %%r15" ::
            : "rbx", "r12", "r13", "r14", "r15");
    return {self.home, &self};
}

// Calls the switch with known values in the registers that a callee must keep; 0 if they are there afterwards.
std::uint64_t lost_registers(void** save, void* target, void* payload) {
    auto lost = reinterpret_cast<std::uint64_t>(&switch_stack);
    // r15 keeps the stack pointer, which steps over the red zone and is aligned for the call.
    asm volatile(  // NOLINT(banned): it has effects that the compiler does not see
        "movq %%rsp, %%r15\n\t"
        "subq $256, %%rsp\n\t"
        "andq $-16, %%rsp\n\t"
        "movq $11, %%rbx\n\t"
        "movq $12, %%r12\n\t"
        "movq $13, %%r13\n\t"
        "movq $14, %%r14\n\t"
        "callq *%%rax\n\t"
        "movq %%r15, %%rsp\n\t"
        "xorq $11, %%rbx\n\t"
        "xorq $12, %%r12\n\t"
        "xorq $13, %%r13\n\t"
        "xorq $14, %%r14\n\t"
        "movq %%rbx, %%rax\n\t"
        "orq %%r12, %%rax\n\t"
        "orq %%r13, %%rax\n\t"
        "orq %%r14, %%rax"
        : "+a"(lost), "+D"(save), "+S"(target), "+d"(payload)
        :
        : "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
          "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc");
    return lost;
}

}  // namespace

TEST_CASE("the registers that a callee keeps are kept across a switch", "[switch]") {
    if (weft_test::under_tsan) return;
    excursion trip(&spoil_registers);
    CHECK(lost_registers(&trip.home, trip.away, &trip) == 0);
}

#endif

namespace {

// Eight sums at once, so that an optimiser keeps them in vector registers across the switch.
template <class Pause>
double harmonic(double first, Pause const& pause) {
    double sums[8] = {};
    for (int i = 0; i != 100; ++i) {
        double term = first + i;
        for (double& sum : sums) sum += 1 / term++;
        pause();
    }
    double total = 0;
    for (double const sum : sums) total = total / 3 + sum;
    return total;
}

struct calculation : excursion {
    using excursion::excursion;
    double outcome = 0;
};

continuation calculate(void* payload) noexcept {
    auto& self = *static_cast<calculation*>(payload);
    self.outcome = harmonic(7, [&] { self.back(nullptr); });
    return {self.home, nullptr};
}

}  // namespace

TEST_CASE("floating-point values are kept across a switch", "[switch][C47]") {
    if (weft_test::under_tsan) return;
    calculation trip(&calculate);
    double const here = harmonic(3, [&] { trip.go(&trip); });
    trip.go(nullptr);  // the end of its last turn
    auto const nobody = [] {};
    CHECK(here == harmonic(3, nobody));
    CHECK(trip.outcome == harmonic(7, nobody));
}

namespace {

struct alignment_seen : excursion {
    using excursion::excursion;
    std::uintptr_t misaligned = 1;
    char text[32] = {};
};

continuation look_at_alignment(void* payload) noexcept {
    auto& self = *static_cast<alignment_seen*>(payload);
    alignas(32) float wide[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    for (float& value : wide) value *= 2;
    self.misaligned = reinterpret_cast<std::uintptr_t>(&wide[0]) % 32;
    // A variadic call with a double stores vector registers with instructions that fault on a misaligned stack.
    std::snprintf(self.text, sizeof self.text, "%.2f", static_cast<double>(wide[7]) / 3);
    return {self.home, nullptr};
}

}  // namespace

TEST_CASE("the first frame of a stack is aligned, wherever the stack ends", "[switch]") {
    if (weft_test::under_tsan) return;
    for (std::size_t short_by = 0; short_by != 64; short_by += 8) {
        alignment_seen trip(&look_at_alignment);
        std::vector<std::byte> memory(stack_bytes);
        trip.away =
            weft::detail::prepare_stack(memory.data() + stack_bytes - short_by, memory.data(), &look_at_alignment);
        trip.go(&trip);
        CHECK(trip.misaligned == 0);
        CHECK(std::string_view(trip.text) == "5.33");
    }
}

namespace {

continuation walk_frames(void* payload) noexcept {
    auto& self = *static_cast<excursion*>(payload);
    auto* frame = static_cast<void**>(__builtin_frame_address(0));
    for (int steps = 0; frame != nullptr && steps != 4; ++steps) frame = static_cast<void**>(*frame);
    self.result = frame;
    return {self.home, nullptr};
}

continuation dig_deep(void* payload) noexcept {
    auto& self = *static_cast<excursion*>(payload);
    if (weft_test::dig(stack_bytes / 4) != 0) self.result = &self;
    return {self.home, nullptr};
}

}  // namespace

TEST_CASE("the chain of frame pointers ends with the stack", "[switch]") {
    if (std::string_view(weft::detail::switch_name()) != "asm") return;  // Boost's chain leads where it likes
    excursion trip(&walk_frames);
    trip.result = &trip;
    trip.go(&trip);
    CHECK(trip.result == nullptr);
}

TEST_CASE("a stack holds deep recursion", "[switch]") {
    if (weft_test::under_tsan) return;
    excursion trip(&dig_deep);
    trip.go(&trip);
    CHECK(trip.result == &trip);
}
