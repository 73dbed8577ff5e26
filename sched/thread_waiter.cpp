#include "thread_waiter.hpp"

#include "forever_pool.hpp"
#include "forked.hpp"

#include <cstdlib>
#include <utility>

namespace weft::detail {

namespace {

using waiter_pool = forever_pool<thread_waiter>;

thread_waiter& take_waiter() noexcept {
    thread_waiter* const taken = waiter_pool::instance().take();
    if (taken == nullptr) std::abort();  // two cache lines per thread: nothing else would work either
    return *taken;
}

thread_local constinit thread_waiter* this_threads = nullptr;

struct lease {
    lease() noexcept { this_threads = &take_waiter(); }
    ~lease() { waiter_pool::instance().put(*std::exchange(this_threads, nullptr)); }
};

}  // namespace

thread_waiter& thread_waiter::current() noexcept {
    thread_local lease const held;
    // The destructor of another thread-local object waits, and the lease has ended before it: the record may be another
    // thread's by now. This one gets a new record, which is its last and is not given back.
    if (this_threads == nullptr) [[unlikely]]
        this_threads = &take_waiter();
    return *this_threads;
}

bool thread_waiter::park_until(clock::time_point deadline, std::uint64_t generation) noexcept {
    refuse_after_fork();
    if (set_parked()) return true;
    for (;;) {
        std::uint64_t const seen = word();
        if ((seen & delivered) != 0) return true;
        if (deadline != clock::time_point::max() && clock::now() >= deadline) {
            if (try_claim(generation)) {
                settle();
                return false;
            }
            deadline = clock::time_point::max();  // somebody won and is about to deliver
        }
        futex_wait(bits(), static_cast<std::uint32_t>(seen), deadline);
    }
}

}  // namespace weft::detail
