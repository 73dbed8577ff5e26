#include "registry.hpp"

#include <mutex>

namespace weft::detail {

runtime_registry& runtime_registry::instance() noexcept {
    static auto* forever = new runtime_registry;  // abandoned fibers may outlive static destruction
    return *forever;
}

waiting_callers::entry::entry(waiting_callers& all, waiter const& who) noexcept : all_(all), who_(who) {
    spin_guard guard(all_.lock_);
    next_ = all_.first_;
    if (next_ != nullptr) next_->previous_ = this;
    all_.first_ = this;
}

waiting_callers::entry::~entry() {
    spin_guard guard(all_.lock_);
    (previous_ == nullptr ? all_.first_ : previous_->next_) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
}

waiting_callers::count waiting_callers::take() const noexcept {
    count sum;
    spin_guard guard(lock_);
    for (entry const* at = first_; at != nullptr; at = at->next_) ++(at->who_.is_asleep() ? sum.asleep : sum.awake);
    return sum;
}

}  // namespace weft::detail
