#pragma once
// Which workers sleep, or are about to: whom to wake when there is work.
//
// Invariants: `wakeable` == idle_.size(), `asleep` == idle_.size() + retired_.size(), both written under the lock.
//             A worker is in at most one of the two lists, and in the one that `worker::retired` names.
// Lock order: the lock is a leaf.

#include "worker.hpp"

#include <weft/detail/atomic.hpp>
#include <weft/detail/config.hpp>
#include <weft/detail/spin_lock.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <utility>
#include <vector>

namespace weft::detail {

class idle_workers {
public:
    /// Room for so many: adding never allocates.
    explicit idle_workers(std::size_t most) {
        idle_.reserve(most);
        retired_.reserve(most);
    }

    void add(worker& w) noexcept {
        spin_guard guard(lock_);
        (w.retired ? retired_ : idle_).push_back(&w);
        publish();
    }
    /// The one that fell asleep last of those that shared work may be given to, if `may_take()`; it is no longer here.
    template <class Permission>
    worker* take(Permission may_take) noexcept {
        spin_guard guard(lock_);
        if (idle_.empty() || !may_take()) return nullptr;
        worker* last = idle_.back();
        idle_.pop_back();
        last->made_searcher = true;
        publish();
        return last;
    }
    /// By `w` itself, which is awake. True: `take` took it out before.
    bool withdraw(worker& w) noexcept {
        spin_guard guard(lock_);
        if (erase(idle_, w) || erase(retired_, w)) publish();
        return std::exchange(w.made_searcher, false);
    }
    /// True: it was there.
    bool remove(worker& w) noexcept {
        spin_guard guard(lock_);
        bool const found = erase(idle_, w) || erase(retired_, w);
        publish();
        return found;
    }
    bool contains(worker const& w) const noexcept {
        spin_guard guard(lock_);
        return std::find(idle_.begin(), idle_.end(), &w) != idle_.end() ||
               std::find(retired_.begin(), retired_.end(), &w) != retired_.end();
    }

    /// Changes whether shared work may be given to `w`, wherever it is.
    void set_retired(worker& w, bool retired) noexcept {
        spin_guard guard(lock_);
        w.retired = retired;
        if (!retired && erase(retired_, w)) idle_.push_back(&w);
        publish();
    }

    /// Without the lock; exact for whoever has fenced.
    std::size_t wakeable() const noexcept { return wakeable_.load(std::memory_order_relaxed); }
    std::size_t asleep() const noexcept { return asleep_.load(std::memory_order_acquire); }

private:
    static bool erase(std::vector<worker*>& from, worker& w) noexcept {
        auto const at = std::find(from.begin(), from.end(), &w);
        if (at == from.end()) return false;
        from.erase(at);
        return true;
    }
    void publish() noexcept WEFT_REQUIRES(lock_) {
        wakeable_.store(idle_.size(), std::memory_order_release);
        asleep_.store(idle_.size() + retired_.size(), std::memory_order_release);
    }

    mutable spin_lock lock_;
    std::vector<worker*> idle_ WEFT_GUARDED_BY(lock_);     // last in, first out
    std::vector<worker*> retired_ WEFT_GUARDED_BY(lock_);  // spares that are not needed
    alignas(cache_line_bytes) atomic<std::size_t> wakeable_{0};
    atomic<std::size_t> asleep_{0};
};

}  // namespace weft::detail
