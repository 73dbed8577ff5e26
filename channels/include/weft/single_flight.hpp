#pragma once
#include <weft/error.hpp>
#include <weft/sync.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace weft {

/// Calls that ask for the same thing at the same time share one execution.
///
/// Thread safety: any member from any fiber or thread.
/// Source: https://pkg.go.dev/golang.org/x/sync/singleflight
template <class Key, class Value>
class single_flight {
public:
    /// What a call gave.
    struct result {
        Value value;  ///< The caller's own copy.
        bool shared;  ///< Whether several callers got it.
    };

    /// The result of `f()`, which runs on the first caller; who comes with the same key before it has returned waits and gets
    /// a copy. What `f` throws, all of them get. Only if the first caller was cancelled one of the others runs its `f`.
    /// Blocks: while another caller's `f` runs.
    /// Errors: `cancelled`; what `f` throws.
    template <class F>
    result call(Key const& key, F&& f) {
        for (;;) {
            std::shared_ptr<flight> mine;
            if (std::shared_ptr<flight> const others = join_or_start(key, mine)) {
                others->landed.wait();
                if (others->failure != nullptr) std::rethrow_exception(others->failure);
                if (others->value) return {*others->value, true};
            } else {
                return lead(key, *mine, f);
            }
        }
    }

    /// The next `call` with this key runs its own `f`, even if one is running.
    void forget(Key const& key) {
        std::scoped_lock guard(lock_);
        flights_.erase(key);
    }

private:
    struct flight {
        event landed;
        // Written by the leader before `landed` is set, then constant. Neither: the leader was cancelled.
        std::optional<Value> value;
        std::exception_ptr failure;
        bool shared = false;  // guarded by the lock of the group
    };

    std::shared_ptr<flight> join_or_start(Key const& key, std::shared_ptr<flight>& mine) {
        std::scoped_lock guard(lock_);
        std::shared_ptr<flight>& current = flights_[key];
        if (current != nullptr) {
            current->shared = true;
            return current;
        }
        current = mine = std::make_shared<flight>();
        return nullptr;
    }

    template <class F>
    result lead(Key const& key, flight& mine, F& f) {
        try {
            mine.value.emplace(f());
        } catch (cancelled const&) {
            land(key, mine);
            throw;
        } catch (...) {
            mine.failure = std::current_exception();
            land(key, mine);
            throw;
        }
        bool const shared = land(key, mine);
        if (shared) return {*mine.value, true};
        return {std::move(*mine.value), false};
    }

    bool land(Key const& key, flight& mine) {
        bool shared = false;
        {
            std::scoped_lock guard(lock_);
            auto const at = flights_.find(key);
            if (at != flights_.end() && at->second.get() == &mine) flights_.erase(at);
            shared = mine.shared;
        }
        mine.landed.set();
        return shared;
    }

    mutex lock_;
    std::unordered_map<Key, std::shared_ptr<flight>> flights_;
};

}  // namespace weft
