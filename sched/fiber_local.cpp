#include "worker.hpp"

#include <weft/detail/config.hpp>
#include <weft/detail/local_list.hpp>

#include <atomic>
#include <utility>

namespace weft::detail {

void local_list::inherit(local_list const& from) {
    try {
        // Appended, so that they are destroyed in the order of the originals.
        local_node** end = &first_;
        for (local_node const* node = from.first_; node != nullptr; node = node->next) {
            if (node->copy == nullptr) continue;
            *end = node->copy(*node);
            end = &(*end)->next;
        }
    } catch (...) {
        clear();
        throw;
    }
}

void local_list::clear() noexcept {
    while (first_ != nullptr) {
        local_node* const newest = std::exchange(first_, first_->next);
        newest->destroy(newest);
    }
}

// A fiber may not see the address of a thread's list: it resumes elsewhere.
WEFT_NOINLINE local_list& thread_locals() noexcept {
    thread_local local_list mine;
    return mine;
}

local_list& current_locals() noexcept {
    if (worker* here = current_worker(); here != nullptr)
        if (fiber_control* f = here->running(); f != nullptr) return f->locals;
    return thread_locals();
}

std::uint64_t new_local_key() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace weft::detail
