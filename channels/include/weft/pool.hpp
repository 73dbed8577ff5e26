#pragma once
#include <weft/detail/config.hpp>
#include <weft/detail/shard.hpp>
#include <weft/detail/spin_lock.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

namespace weft {

/// Objects that are used again instead of made anew: buffers, parsers.
///
/// `get` takes an idle object, or makes one; `put` gives it back, in the state in which the next one is to find it. The pool keeps
/// up to 32 idle objects per processor, near the worker that gave them back, and destroys what is put into it beyond that; the
/// rest goes with the pool. So it bounds what stays idle, but not how many are in use, and nobody waits.
///
/// Thread safety: `get` and `put` from any fiber or thread.
/// Source: https://pkg.go.dev/sync#Pool
template <class T>
class pool {
public:
    /// Makes objects by `std::make_unique<T>()`.
    pool() requires std::default_initializable<T> : pool([] { return std::make_unique<T>(); }) {}
    /// Makes objects by `make()`, which returns a `std::unique_ptr<T>` or a `T` and may be called by several at a time.
    template <class Make>
        requires(std::invocable<Make&> && !std::same_as<std::decay_t<Make>, pool>)
    explicit pool(Make make)
        : shard_mask_(std::bit_ceil(std::thread::hardware_concurrency()) - 1),
          shards_(std::make_unique<shard[]>(shard_mask_ + 1)),
          make_(std::make_unique<maker_of<Make>>(std::move(make))) {}
    pool(pool const&) = delete;
    pool& operator=(pool const&) = delete;

    /// An idle object, or a new one.
    /// Errors: what making it throws.
    std::unique_ptr<T> get() {
        std::size_t const here = detail::shard_hint();
        for (std::size_t i = 0; i <= shard_mask_; ++i)
            if (std::unique_ptr<T> idle = shards_[(here + i) & shard_mask_].take()) return idle;
        return make_->make();
    }
    /// Gives back an object, not necessarily one that came from here. Null: does nothing.
    void put(std::unique_ptr<T> t) {
        // What the shard has no room for is destroyed with `t`.
        if (t != nullptr) shards_[detail::shard_hint() & shard_mask_].keep(t);
    }

private:
    class alignas(detail::cache_line_bytes) shard {
    public:
        std::unique_ptr<T> take() noexcept {
            if (count_.load(std::memory_order_relaxed) == 0) return nullptr;
            detail::spin_guard guard(lock_);
            std::size_t const count = count_.load(std::memory_order_relaxed);
            if (count == 0) return nullptr;
            count_.store(count - 1, std::memory_order_relaxed);
            return std::move(idle_[count - 1]);
        }
        void keep(std::unique_ptr<T>& t) noexcept {
            detail::spin_guard guard(lock_);
            std::size_t const count = count_.load(std::memory_order_relaxed);
            if (count == most_idle) return;
            idle_[count] = std::move(t);
            count_.store(count + 1, std::memory_order_relaxed);
        }

    private:
        static constexpr std::size_t most_idle = 32;

        detail::spin_lock lock_;
        std::atomic<std::size_t> count_{0};  // written under the lock; a look without it spares the lock
        std::unique_ptr<T> idle_[most_idle] WEFT_GUARDED_BY(lock_);  // used last, taken first: it is warm
    };

    struct maker {
        virtual ~maker() = default;
        virtual std::unique_ptr<T> make() = 0;
    };
    template <class Make>
    struct maker_of final : maker {
        explicit maker_of(Make&& m) : how(std::move(m)) {}
        std::unique_ptr<T> make() override {
            if constexpr (std::convertible_to<std::invoke_result_t<Make&>, std::unique_ptr<T>>)
                return how();
            else
                return std::make_unique<T>(how());
        }
        Make how;
    };

    std::size_t const shard_mask_;
    std::unique_ptr<shard[]> const shards_;
    std::unique_ptr<maker> const make_;
};

}  // namespace weft
