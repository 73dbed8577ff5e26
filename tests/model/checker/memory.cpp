#include "memory.hpp"

namespace weft_model {

std::uint64_t mixed(std::uint64_t hash, std::uint64_t with) noexcept {
    // The finalizer of splitmix64. Source: https://prng.di.unimi.it/splitmix64.c
    std::uint64_t z = (hash ^ with) + 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

bool acquires(std::memory_order order) noexcept {
    return order != std::memory_order_relaxed && order != std::memory_order_release;
}

bool releases(std::memory_order order) noexcept {
    return order == std::memory_order_release || order == std::memory_order_acq_rel ||
           order == std::memory_order_seq_cst;
}

char const* name_of(std::memory_order order) noexcept {
    switch (order) {
    case std::memory_order_relaxed: return "relaxed";
    case std::memory_order_consume: return "consume";
    case std::memory_order_acquire: return "acquire";
    case std::memory_order_release: return "release";
    case std::memory_order_acq_rel: return "acq_rel";
    case std::memory_order_seq_cst: return "seq_cst";
    }
    return "?";
}

std::size_t memory::add(std::uint64_t value, std::uint64_t key) {
    if (used_ == at_.size()) at_.emplace_back();
    history& fresh = at_[used_];
    fresh.key = key;
    fresh.values.clear();
    fresh.values.push_back({value, {}});
    return used_++;
}

timestamp memory::oldest_visible(thread_views const& by, std::size_t location, std::memory_order order) const noexcept {
    timestamp const own = by.current.of(location);
    timestamp const common = sequential_.of(location);
    return order == std::memory_order_seq_cst && common > own ? common : own;
}

void memory::load(thread_views& by, std::size_t location, timestamp when, std::memory_order order) noexcept {
    view const& carried = at_[location].values[when].carried;
    by.current.raise(location, when);
    if (acquires(order)) by.current.join(carried, used_);
    by.acquirable.join(carried, used_);
    by.acquirable.join(by.current, used_);
}

memory::stored& memory::append(thread_views& by, std::size_t location, std::uint64_t value, std::memory_order order) {
    std::vector<stored>& values = at_[location].values;
    auto const when = static_cast<timestamp>(values.size());
    by.current.raise(location, when);
    by.acquirable.raise(location, when);
    values.push_back({value, releases(order) ? by.current : by.released});
    values.back().carried.raise(location, when);
    if (order == std::memory_order_seq_cst) sequential_.raise(location, when);
    return values.back();
}

void memory::store(thread_views& by, std::size_t location, std::uint64_t value, std::memory_order order) {
    append(by, location, value, order);
}

void memory::exchange(thread_views& by, std::size_t location, std::uint64_t value, std::memory_order order) {
    timestamp const replaced = latest(location);
    load(by, location, replaced, order);
    stored& now = append(by, location, value, order);
    now.carried.join(at_[location].values[replaced].carried, used_);
}

void memory::fence(thread_views& by) noexcept {
    by.current.join(by.acquirable, used_);
    by.current.join(sequential_, used_);
    sequential_.join(by.current, used_);
    by.acquirable = by.current;
    by.released = by.current;
}

std::uint64_t memory::hash(view const& v) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i != used_; ++i)
        if (v.of(i) != 0) sum += mixed(at_[i].key, v.of(i));
    return sum;
}

}  // namespace weft_model
