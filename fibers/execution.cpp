// The parts of a switch that differ by C++ runtime and by sanitizer.
//
// ASan keeps one "fake stack" per execution and must be told before a switch where the next stack lies, and after it
// that the switch took place. A finishing execution passes null, which frees its fake stack.
// TSan keeps one logical thread per execution and must be told immediately before the switch. These functions are not
// instrumented, or their own entry and exit would be booked to two different logical threads.
#include <weft/detail/execution.hpp>

#include <cxxabi.h>

#if WEFT_ASAN
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if WEFT_TSAN
#include <sanitizer/tsan_interface.h>
#include <mutex>
#include <vector>
#endif

#define WEFT_NOT_INSTRUMENTED __attribute__((no_sanitize("address", "thread")))

namespace weft::detail {

#if WEFT_TSAN
namespace {

// To create a logical thread takes a third of a millisecond, so they are used again. What the pool orders is ordered
// anyway: a stack's next fiber starts after its last one ended.
class logical_threads {
public:
    void* take() {
        std::scoped_lock guard(lock_);
        if (idle_.empty()) return __tsan_create_fiber(0);
        void* warmest = idle_.back();
        idle_.pop_back();
        return warmest;
    }
    void put(void* fiber) {
        std::scoped_lock guard(lock_);
        idle_.push_back(fiber);
    }

private:
    std::mutex lock_;
    std::vector<void*> idle_;
} tsan_fibers;

}  // namespace
#endif

exception_state* this_thread_exception_state() noexcept {
    return reinterpret_cast<exception_state*>(abi::__cxa_get_globals());
}

void sanitizer_adopt_thread(execution& thread) noexcept {
#if WEFT_ASAN
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        void* limit = nullptr;
        pthread_attr_getstack(&attributes, &limit, &thread.stack_size);
        thread.stack_limit = limit;
        pthread_attr_destroy(&attributes);
    }
#endif
#if WEFT_TSAN
    thread.tsan_fiber = __tsan_get_current_fiber();
#endif
    (void)thread;
}

void sanitizer_prepare(execution& fresh, void* limit, void* top) noexcept {
    (void)fresh, (void)limit, (void)top;
#if WEFT_ASAN
    fresh.fake_stack = nullptr;
    fresh.stack_limit = limit;
    fresh.stack_size = static_cast<std::size_t>(static_cast<std::byte*>(top) - static_cast<std::byte*>(limit));
    // The fiber that used this stack before left its redzones behind.
    __asan_unpoison_memory_region(limit, fresh.stack_size);
#endif
#if WEFT_TSAN
    fresh.tsan_fiber = tsan_fibers.take();
#endif
}

void sanitizer_retire(execution& finished) noexcept {
    (void)finished;
#if WEFT_TSAN
    tsan_fibers.put(std::exchange(finished.tsan_fiber, nullptr));
#endif
}

WEFT_NOT_INSTRUMENTED void sanitizer_leave(execution& from, execution const& to, departure how) noexcept {
    (void)from, (void)to, (void)how;
#if WEFT_ASAN
    // The fake stack's handle is kept in the control block and not in the frame, which a finishing execution loses.
    __sanitizer_start_switch_fiber(how == departure::finished ? nullptr : &from.fake_stack, to.stack_limit,
                                   to.stack_size);
#endif
#if WEFT_TSAN
    __tsan_switch_to_fiber(to.tsan_fiber, 0);
#endif
}

WEFT_NOT_INSTRUMENTED void sanitizer_arrive(execution& self) noexcept {
    (void)self;
#if WEFT_ASAN
    __sanitizer_finish_switch_fiber(self.fake_stack, nullptr, nullptr);
#endif
}

}  // namespace weft::detail
