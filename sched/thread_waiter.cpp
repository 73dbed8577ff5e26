#include "thread_waiter.hpp"

#include "forever_pool.hpp"
#include "forked.hpp"

#include <cstdlib>

namespace weft::detail {

namespace {

using waiter_pool = forever_pool<thread_waiter>;

thread_waiter& take_waiter() noexcept {
    thread_waiter* const taken = waiter_pool::instance().take();
    if (taken == nullptr) std::abort();  // two cache lines per thread: nothing else would work either
    return *taken;
}

struct lease {
    thread_waiter& mine = take_waiter();
    ~lease() { waiter_pool::instance().put(mine); }
};

}  // namespace

thread_waiter& thread_waiter::current() noexcept {
    thread_local lease const held;
    return held.mine;
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
