#include "pipe_state.hpp"

#include <weft/error.hpp>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <stdexcept>

namespace weft::detail {

/// An end's turn, taken and given back under the lock.
class pipe_state::turn {
public:
    explicit turn(side& of) noexcept : of_(of) { of_.busy = true; }
    ~turn() {
        of_.busy = false;
        of_.changed.notify_all();
    }
    turn(turn const&) = delete;

private:
    side& of_;
};

pipe_state::pipe_state(std::size_t capacity)
    : capacity_(capacity), memory_(std::make_unique_for_overwrite<std::byte[]>(capacity)) {
    if (capacity == 0) throw std::invalid_argument("weft::memory_pipe: a capacity of 0 bytes");
}

// 0 when `ready()`, or why it will not be waited for.
template <class Ready>
int pipe_state::wait(std::unique_lock<mutex>& held, side& mine, Ready const& ready) {
    for (;;) {
        if (mine.closed) return ECANCELED;
        if (mine.deadline <= clock::now()) return ETIMEDOUT;
        if (ready()) return 0;
        mine.changed.wait_until(held, mine.deadline);
    }
}

// Takes the turn and repeats `step(held, so_far)`, which adds to `so_far` and is false when it has ended or failed.
template <class Step>
outcome pipe_state::operate(side& mine, std::size_t wanted, bool all, Step const& step) {
    outcome so_far;
    if (wanted == 0) return so_far;
    try {
        std::unique_lock held(lock_);
        so_far.error = wait(held, mine, [&] { return !mine.busy; });
        if (so_far.error != 0) return so_far;
        turn const ours(mine);
        while (step(held, so_far) && all && so_far.bytes < wanted) {}
    } catch (deadline_exceeded const&) {
        so_far.error = ETIMEDOUT;
        so_far.cancelled = true;
    } catch (cancelled const&) {
        so_far.error = ECANCELED;
        so_far.cancelled = true;
    }
    return so_far;
}

outcome pipe_state::read(std::span<std::byte> buffer, bool fill) {
    return operate(reading_, buffer.size(), fill, [&](std::unique_lock<mutex>& held, outcome& so_far) {
        so_far.error = wait(held, reading_, [this] { return held_ != 0 || writing_.closed; });
        if (so_far.error != 0 || held_ == 0) return false;
        so_far.bytes += take(buffer.subspan(so_far.bytes));
        writing_.changed.notify_all();
        return true;
    });
}

outcome pipe_state::write(std::span<std::byte const> buffer, bool everything) {
    return operate(writing_, buffer.size(), everything, [&](std::unique_lock<mutex>& held, outcome& so_far) {
        so_far.error = wait(held, writing_, [this] { return held_ != capacity_ || reading_.closed; });
        if (so_far.error == 0 && reading_.closed) so_far.error = EPIPE;
        if (so_far.error != 0) return false;
        so_far.bytes += put(buffer.subspan(so_far.bytes));
        reading_.changed.notify_all();
        return true;
    });
}

std::size_t pipe_state::take(std::span<std::byte> to) noexcept {
    std::size_t const n = std::min(to.size(), held_);
    std::size_t const until_wrap = std::min(n, capacity_ - first_);
    std::copy_n(memory_.get() + first_, until_wrap, to.data());
    std::copy_n(memory_.get(), n - until_wrap, to.data() + until_wrap);
    held_ -= n;
    first_ = held_ == 0 ? 0 : (first_ + n) % capacity_;
    return n;
}

std::size_t pipe_state::put(std::span<std::byte const> from) noexcept {
    std::size_t const n = std::min(from.size(), capacity_ - held_);
    std::size_t const last = (first_ + held_) % capacity_;
    std::size_t const until_wrap = std::min(n, capacity_ - last);
    std::copy_n(from.data(), until_wrap, memory_.get() + last);
    std::copy_n(from.data() + until_wrap, n - until_wrap, memory_.get());
    held_ += n;
    return n;
}

void pipe_state::set_deadline(end which, clock::time_point t) {
    std::lock_guard const held(lock_);
    at(which).deadline = t;
    at(which).changed.notify_all();
}

void pipe_state::close(end which) {
    std::lock_guard const held(lock_);
    at(which).closed = true;
    reading_.changed.notify_all();
    writing_.changed.notify_all();
}

bool pipe_state::is_open(end which) const {
    std::lock_guard const held(lock_);
    return which == end::reading ? !reading_.closed : !writing_.closed;
}

}  // namespace weft::detail
