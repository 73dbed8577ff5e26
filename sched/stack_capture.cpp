// A thread can only be unwound by itself, so it is interrupted and asked.
//
//     state:  idle -> asked -> answering -> answered -> idle
//                     asked -> idle                             (it did not answer in time)
//
// Invariants: the buffer belongs to the asking thread, except from `answering` until `answered`. A signal that comes too
//             late, or is somebody else's, finds no `asked` and touches nothing.
#include "stack_capture.hpp"

#include "futex.hpp"

#include <ucontext.h>
#include <unwind.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <mutex>

namespace weft::detail {

namespace {

constexpr int request_signal = SIGURG;
constexpr auto patience = std::chrono::milliseconds(50);
constexpr std::size_t most_frames = 64;

enum : std::uint32_t { idle, asked, answering, answered };

std::atomic<std::uint32_t> state{idle};  // a futex
void* frames[most_frames];
std::size_t frame_count = 0;
std::atomic<pthread_t> target{};
struct sigaction previous;

std::uint32_t const* word() noexcept { return reinterpret_cast<std::uint32_t const*>(&state); }

std::uintptr_t interrupted_at(void const* context) noexcept {
    auto const& machine = static_cast<ucontext_t const*>(context)->uc_mcontext;
#if defined(__x86_64__)
    return static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
    return machine.pc;
#else
    (void)machine;
    return 0;  // the handler's own frames are then part of the result
#endif
}

struct walk {
    std::uintptr_t first;  // frames before this one are the handler's
    bool begun;
};

_Unwind_Reason_Code visit(_Unwind_Context* frame, void* argument) {
    auto& at = *static_cast<walk*>(argument);
    std::uintptr_t const address = _Unwind_GetIP(frame);
    at.begun = at.begun || at.first == 0 || address == at.first;
    if (address == 0 || frame_count == most_frames) return _URC_END_OF_STACK;
    if (at.begun) frames[frame_count++] = reinterpret_cast<void*>(address);
    return _URC_NO_REASON;
}

void on_request(int signal, siginfo_t* info, void* context) {
    int const error = errno;
    std::uint32_t expected = asked;
    if (pthread_equal(target.load(std::memory_order_relaxed), pthread_self()) != 0 &&
        state.compare_exchange_strong(expected, answering, std::memory_order_acquire)) {
        walk at{interrupted_at(context), false};
        frame_count = 0;
        _Unwind_Backtrace(&visit, &at);
        state.store(answered, std::memory_order_release);
        futex_wake(word());
    } else if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
        previous.sa_sigaction(signal, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(signal);
    }
    errno = error;
}

void install() noexcept {
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction handler {};
        handler.sa_sigaction = &on_request;
        handler.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
        sigemptyset(&handler.sa_mask);
        sigaction(request_signal, &handler, &previous);
    });
}

}  // namespace

std::size_t capture_stack(pthread_t thread, std::span<void*> into) noexcept {
    if (!stacks_can_be_captured) return 0;
    static std::mutex one_at_a_time;
    std::scoped_lock guard(one_at_a_time);
    install();
    target.store(thread, std::memory_order_relaxed);
    state.store(asked, std::memory_order_release);
    if (pthread_kill(thread, request_signal) != 0) {
        state.store(idle, std::memory_order_relaxed);
        return 0;
    }
    auto const deadline = clock::now() + patience;
    for (std::uint32_t now = asked; now != answered; now = state.load(std::memory_order_acquire)) {
        if (now == asked && clock::now() >= deadline &&
            state.compare_exchange_strong(now, idle, std::memory_order_relaxed))
            return 0;
        futex_wait(word(), now, now == asked ? deadline : clock::time_point::max());
    }
    std::size_t const count = std::min(frame_count, into.size());
    std::copy_n(frames, count, into.begin());
    state.store(idle, std::memory_order_relaxed);
    return count;
}

}  // namespace weft::detail
