#pragma once

namespace weft::detail {

/// A ring of linked members, and a member of one; `T` derives from `list_link<T>`. A member leaves in O(1) without knowing
/// the ring. Under the lock of the ring's owner.
template <class T>
struct list_link {
    list_link* next = this;
    list_link* previous = this;

    bool alone() const noexcept { return next == this; }
    void unlink() noexcept {
        next->previous = previous;
        previous->next = next;
        next = previous = this;
    }
    /// Adds a member at the end.
    void push(list_link& member) noexcept {
        member.next = this;
        member.previous = previous;
        previous->next = &member;
        previous = &member;
    }
    /// Takes the first out; null: there is none.
    T* pop() noexcept {
        if (alone()) return nullptr;
        list_link* const first = next;
        first->unlink();
        return static_cast<T*>(first);
    }
};

}  // namespace weft::detail
