#include <weft/detail/thread_mark.hpp>

namespace weft::detail {

#if !defined(__linux__) || !(defined(__x86_64__) || defined(__aarch64__))
WEFT_NOINLINE thread_mark this_thread_mark() noexcept {
    asm volatile("" ::: "memory");
    thread_local std::uint16_t anything;
    return reinterpret_cast<thread_mark>(&anything);
}
#endif

}  // namespace weft::detail
