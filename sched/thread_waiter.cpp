#include "thread_waiter.hpp"

#include "forked.hpp"

#include <weft/detail/spin_lock.hpp>

#include <cstdlib>
#include <new>

namespace weft::detail {

namespace {

class waiter_pool {
public:
    thread_waiter& take() noexcept {
        {
            spin_guard guard(lock_);
            if (thread_waiter* free = free_; free != nullptr) {
                free_ = free->next_free;
                return *free;
            }
        }
        auto* made = new (std::nothrow) thread_waiter;
        if (made == nullptr) std::abort();  // 64 bytes per thread: nothing else would work either
        return *made;
    }
    void put(thread_waiter& w) noexcept {
        spin_guard guard(lock_);
        w.next_free = free_;
        free_ = &w;
    }

private:
    spin_lock lock_;
    thread_waiter* free_ WEFT_GUARDED_BY(lock_) = nullptr;
};

waiter_pool& pool() noexcept {
    static auto* forever = new waiter_pool;  // threads may end after static destruction
    return *forever;
}

struct lease {
    thread_waiter& mine = pool().take();
    ~lease() { pool().put(mine); }
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
