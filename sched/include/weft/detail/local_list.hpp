#pragma once
// The `fiber_local` objects of one fiber or thread.

#include <cstdint>

namespace weft::detail {

/// Base of an object with its bookkeeping.
struct local_node {
    std::uint64_t key;
    void (*destroy)(local_node* self) noexcept;
    local_node* (*copy)(local_node const& self);  // null: it is not inherited
    local_node* next = nullptr;
};

/// Newest first. Thread safety: its owner; also whoever starts a fiber, until it runs.
class local_list {
public:
    local_list() = default;
    local_list(local_list const&) = delete;
    ~local_list() { clear(); }

    bool empty() const noexcept { return first_ == nullptr; }
    local_node const* newest() const noexcept { return first_; }
    local_node* find(std::uint64_t key) const noexcept {
        local_node* node = first_;
        while (node != nullptr && node->key != key) node = node->next;
        return node;
    }
    void add(local_node& node) noexcept {
        node.next = first_;
        first_ = &node;
    }
    /// Copies of those that are inherited, into this empty list. Errors: what copying throws; the list is empty then.
    void inherit(local_list const& from);
    /// Destroys them, newest first, and what their destructors make anew.
    void clear() noexcept;

private:
    local_node* first_ = nullptr;
};

/// Of the calling fiber, or of the thread if it runs none.
local_list& current_locals() noexcept;
local_list& thread_locals() noexcept;

/// Never the same twice.
std::uint64_t new_local_key() noexcept;

}  // namespace weft::detail
