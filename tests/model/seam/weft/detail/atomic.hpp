#pragma once
// In place of the header of the same name: atomics, fences and pauses whose every use the model checker schedules.
#include <weft/detail/config.hpp>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "checker/explorer.hpp"

namespace weft::detail {

template <class T>
class atomic {
    // NOLINTNEXTLINE(bugprone-sizeof-expression): a T may well be a pointer
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
    using site = weft_model::site;
    using order = std::memory_order;

public:
    atomic() noexcept : atomic(T{}) {}
    atomic(T value) noexcept : cell_(bits(value)) {}
    atomic(atomic const&) = delete;
    atomic& operator=(atomic const&) = delete;

    operator T() const { return load(); }
    // NOLINTNEXTLINE(misc-unconventional-assign-operator): as std::atomic has it
    T operator=(T desired) {
        store(desired);
        return desired;
    }

    T load(order o = order::seq_cst, site where = site::here()) const { return value(cell_.load(o, where)); }
    void store(T desired, order o = order::seq_cst, site where = site::here()) { cell_.store(bits(desired), o, where); }
    T exchange(T desired, order o = order::seq_cst, site where = site::here()) {
        return value(cell_.modify([](std::uint64_t, std::uint64_t to) { return to; }, bits(desired), o, where));
    }
    T fetch_add(T n, order o = order::seq_cst, site where = site::here()) {
        return value(
            cell_.modify([](std::uint64_t a, std::uint64_t b) { return bits(static_cast<T>(value(a) + value(b))); },
                         bits(n), o, where));
    }
    T fetch_sub(T n, order o = order::seq_cst, site where = site::here()) {
        return value(
            cell_.modify([](std::uint64_t a, std::uint64_t b) { return bits(static_cast<T>(value(a) - value(b))); },
                         bits(n), o, where));
    }
    T fetch_or(T n, order o = order::seq_cst, site where = site::here()) {
        return value(cell_.modify([](std::uint64_t a, std::uint64_t b) { return a | b; }, bits(n), o, where));
    }
    T fetch_and(T n, order o = order::seq_cst, site where = site::here()) {
        return value(cell_.modify([](std::uint64_t a, std::uint64_t b) { return a & b; }, bits(n), o, where));
    }
    bool compare_exchange_strong(T& expected, T desired, order success, order failure, site where = site::here()) {
        std::uint64_t seen = bits(expected);
        bool const done = cell_.compare_exchange(seen, bits(desired), success, failure, where);
        if (!done) expected = value(seen);
        return done;
    }
    bool compare_exchange_strong(T& expected, T desired, order o = order::seq_cst, site where = site::here()) {
        return compare_exchange_strong(expected, desired, o, failing(o), where);
    }
    bool compare_exchange_weak(T& expected, T desired, order success, order failure, site where = site::here()) {
        return compare_exchange_strong(expected, desired, success, failure, where);
    }
    bool compare_exchange_weak(T& expected, T desired, order o = order::seq_cst, site where = site::here()) {
        return compare_exchange_strong(expected, desired, o, failing(o), where);
    }

private:
    static std::uint64_t bits(T v) noexcept {
        std::uint64_t b = 0;
        std::memcpy(&b, &v, sizeof v);  // NOLINT(bugprone-sizeof-expression)
        return b;
    }
    static T value(std::uint64_t b) noexcept {
        T v;
        std::memcpy(&v, &b, sizeof v);  // NOLINT(bugprone-sizeof-expression)
        return v;
    }
    static order failing(order o) noexcept {
        if (o == order::acq_rel) return order::acquire;
        return o == order::release ? order::relaxed : o;
    }

    weft_model::cell cell_;
};

inline void full_fence(weft_model::site where = weft_model::site::here()) { weft_model::full_fence(where); }
inline void cpu_relax(weft_model::site where = weft_model::site::here()) { weft_model::relax(where); }
inline void yield_thread(weft_model::site where = weft_model::site::here()) { weft_model::relax(where); }

}  // namespace weft::detail
