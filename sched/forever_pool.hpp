#pragma once
// Objects that are reused but never freed, because somebody may hold a pointer to one for ever: whoever does finds out by
// a generation inside that it is not meant any more.

#include <weft/detail/spin_lock.hpp>

#include <new>

namespace weft::detail {

/// `T` has a member `T* next_free` for the pool.
template <class T>
class forever_pool {
public:
    /// Null: out of memory.
    T* take() noexcept {
        {
            spin_guard guard(lock_);
            if (T* free = free_; free != nullptr) {
                free_ = free->next_free;
                return free;
            }
        }
        auto* const fresh = new (std::nothrow) made;
        if (fresh == nullptr) return nullptr;
        spin_guard guard(lock_);
        fresh->before = last_made_;
        last_made_ = fresh;
        return &fresh->object;
    }
    void put(T& t) noexcept {
        spin_guard guard(lock_);
        t.next_free = free_;
        free_ = &t;
    }

    /// The one pool of the process; threads may end after static destruction.
    static forever_pool& instance() noexcept {
        static auto* forever = new forever_pool;
        return *forever;
    }

private:
    struct made {
        T object;
        made* before = nullptr;
    };

    spin_lock lock_;
    made* last_made_ WEFT_GUARDED_BY(lock_) = nullptr;  // all of them: also those that nobody gave back are not lost
    T* free_ WEFT_GUARDED_BY(lock_) = nullptr;
};

}  // namespace weft::detail
