#include <weft/detail/timers.hpp>

#include "forever_pool.hpp"

#include <weft/detail/poller.hpp>

#include <algorithm>
#include <new>

namespace weft::detail {

namespace {

constexpr std::size_t sweep_from = 64;  // below this a heap is not worth sweeping
constexpr std::size_t fire_batch = 64;

// std::push_heap keeps the "largest" in front.
constexpr auto later = [](auto const& a, auto const& b) { return a.deadline > b.deadline; };

}  // namespace

timer_handle timer_queue::arm(clock::time_point deadline, wait_token sleeper, wait_tag tag) {
    biased_guard guard(lock_);
    lock_.count_use();
    timer_record& record = add(deadline);
    record.sleeper = sleeper;
    record.tag = tag;
    record.action = nullptr;
    return armed(record);
}

timer_handle timer_queue::arm(clock::time_point deadline, timed_action& action, std::uint64_t serial) {
    biased_guard guard(lock_);
    lock_.count_use();
    timer_record& record = add(deadline);
    record.action = &action;
    record.serial = serial;
    return armed(record);
}

timer_record& timer_queue::add(clock::time_point deadline) {
    if (heap_.size() >= sweep_from &&
        dead_.load(std::memory_order_relaxed) * 4 >= static_cast<std::int64_t>(heap_.size()))
        sweep();
    if (heap_.size() == heap_.capacity()) heap_.reserve(std::max(sweep_from, heap_.capacity() * 2));
    if (free_ == nullptr) free_ = &records_.emplace_back();
    timer_record& record = *free_;
    free_ = record.next_free;
    heap_.push_back({deadline, &record});
    std::push_heap(heap_.begin(), heap_.end(), later);
    publish_earliest();
    return record;
}

timer_handle timer_queue::armed(timer_record& record) noexcept {
    std::uint64_t const generation = record.state.load(std::memory_order_relaxed) >> 2;
    record.state.store(generation << 2 | timer_record::armed, std::memory_order_relaxed);
    return {&record, generation, this};
}

bool timer_queue::stop(timer_handle const& timer) noexcept {
    if (timer.record == nullptr) return false;
    // Counted first: with an action the exchange is the last access, and pairs with the end of the queue.
    timer.queue->dead_.fetch_add(1, std::memory_order_relaxed);
    std::uint64_t expected = timer.generation << 2 | timer_record::armed;
    std::uint64_t const dead = timer.generation << 2 | timer_record::dead;
    if (timer.record->state.compare_exchange_strong(expected, dead, std::memory_order_release,
                                                    std::memory_order_relaxed))
        return true;
    timer.queue->dead_.fetch_sub(1, std::memory_order_relaxed);
    return false;
}

timer_queue& timer_queue::take() {
    timer_queue* const queue = forever_pool<timer_queue>::instance().take();
    if (queue == nullptr) throw std::bad_alloc();
    return *queue;
}

void timer_queue::retire(timer_queue& queue, wait_tag tag) noexcept {
    ready_list of_other_runtimes;  // stays empty: its members' runtimes are not the caller's
    queue.fire(clock::time_point::max(), &tag, of_other_runtimes);
    forever_pool<timer_queue>::instance().put(queue);
}

std::size_t timer_queue::fire(clock::time_point now, ready_list& ready) noexcept { return fire(now, nullptr, ready); }

// With the tag that it was armed with; or another instead, for the runtime ends: then actions are abandoned.
std::size_t timer_queue::fire(clock::time_point now, wait_tag const* instead, ready_list& ready) noexcept {
    std::size_t fired = 0;
    for (bool more = earliest() <= now; more;) {
        struct {
            timed_action* action;
            wait_token sleeper;
            wait_tag tag;
            std::uint64_t serial;
        } due[fire_batch];
        std::size_t count = 0;
        {
            biased_guard guard(lock_);
            while (count != fire_batch && !heap_.empty() && heap_.front().deadline <= now) {
                timer_record& record = *heap_.front().record;
                std::pop_heap(heap_.begin(), heap_.end(), later);
                heap_.pop_back();
                // Acquire: pairs with the release in stop, whose thread may be none of this runtime's.
                std::uint64_t state = record.state.load(std::memory_order_acquire);
                if ((state & timer_record::state_mask) == timer_record::armed &&
                    record.state.compare_exchange_strong(state, state & ~std::uint64_t{timer_record::state_mask},
                                                         std::memory_order_acquire)) {
                    due[count++] = {record.action, record.sleeper, instead == nullptr ? record.tag : *instead,
                                    record.serial};
                } else {
                    dead_.fetch_sub(1, std::memory_order_relaxed);
                }
                recycle(record);
            }
            publish_earliest();
        }
        for (std::size_t i = 0; i != count; ++i) {
            if (due[i].action != nullptr && instead == nullptr)
                due[i].action->fire(due[i].serial);
            else if (due[i].action != nullptr)
                due[i].action->abandon(due[i].serial);
            else if (due[i].sleeper.try_claim())
                due[i].sleeper.who->deliver(due[i].tag, ready);
        }
        fired += count;
        more = count == fire_batch;
    }
    return fired;
}

std::size_t timer_queue::live() const noexcept {
    biased_guard guard(lock_);
    // The count of dead ones lags behind `stop` for an instant, in either direction.
    auto const live = static_cast<std::int64_t>(heap_.size()) - dead_.load(std::memory_order_relaxed);
    return live < 0 ? 0 : static_cast<std::size_t>(live);
}

bool timer_queue::has_armed() const noexcept {
    biased_guard guard(lock_);
    return std::any_of(heap_.begin(), heap_.end(), [](entry const& e) {
        return (e.record->state.load(std::memory_order_relaxed) & timer_record::state_mask) == timer_record::armed;
    });
}

void timer_queue::sweep() noexcept {
    auto const is_dead = [this](entry const& e) WEFT_NO_THREAD_SAFETY_ANALYSIS {
        if ((e.record->state.load(std::memory_order_acquire) & timer_record::state_mask) != timer_record::dead)
            return false;
        dead_.fetch_sub(1, std::memory_order_relaxed);
        recycle(*e.record);
        return true;
    };
    heap_.erase(std::remove_if(heap_.begin(), heap_.end(), is_dead), heap_.end());
    std::make_heap(heap_.begin(), heap_.end(), later);
}

void timer_queue::recycle(timer_record& record) noexcept {
    std::uint64_t const generation = record.state.load(std::memory_order_relaxed) >> 2;
    record.state.store((generation + 1) << 2 | timer_record::idle, std::memory_order_relaxed);
    record.next_free = free_;
    free_ = &record;
}

void timer_queue::publish_earliest() noexcept {
    clock::time_point const first = heap_.empty() ? clock::time_point::max() : heap_.front().deadline;
    earliest_.store(first.time_since_epoch().count(), std::memory_order_release);
}

}  // namespace weft::detail
