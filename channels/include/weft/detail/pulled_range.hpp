#pragma once
// An input range over what somebody gives one at a time; for loops over more than a channel.

#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

namespace weft::detail {

/// `Derived::next()` returns a `std::optional<Value>`; empty is the end. The range may be moved until `begin`, and is
/// iterated once.
template <class Derived, class Value>
class pulled_range {
public:
    class iterator {
    public:
        using value_type = Value;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::input_iterator_tag;

        iterator() = default;
        /// To be moved from; valid until the next step.
        Value&& operator*() const { return std::move(*range_->current_); }
        Value* operator->() const { return &*range_->current_; }
        iterator& operator++() {
            range_->advance();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(iterator const& i, std::default_sentinel_t) noexcept { return i.at_end(); }

    private:
        friend class pulled_range;
        explicit iterator(pulled_range& of) noexcept : range_(&of) {}
        bool at_end() const noexcept { return !range_->current_.has_value(); }

        pulled_range* range_ = nullptr;
    };

    /// Waits for the first value.
    iterator begin() {
        advance();
        return iterator(*this);
    }
    std::default_sentinel_t end() const noexcept { return {}; }

private:
    friend Derived;
    pulled_range() = default;
    void advance() { current_ = static_cast<Derived*>(this)->next(); }

    std::optional<Value> current_;
};

}  // namespace weft::detail
