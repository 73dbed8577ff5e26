#include "turns.hpp"

#include <weft/error.hpp>
#include <weft/this_fiber.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace weft::detail {

bool tls_turns::begin() {
    std::lock_guard const guard(lock_);
    if (!closed_) ++users_;
    return !closed_;
}

void tls_turns::end() {
    std::lock_guard const guard(lock_);
    --users_;
    if (closed_) changed_.notify_all();
}

std::error_code tls_turns::take(tls_way way) {
    turn& mine = at(way);
    return wait(mine, [&] { return !std::exchange(mine.taken, true); });
}

void tls_turns::note_input() {
    std::lock_guard const guard(lock_);
    ++inputs_;
    changed_.notify_all();
}

std::uint64_t tls_turns::inputs() {
    std::lock_guard const guard(lock_);
    return inputs_;
}

std::error_code tls_turns::wait_for_input(std::uint64_t seen) {
    return wait(at(tls_way::write), [&] { return inputs_ != seen || !at(tls_way::read).taken; });
}

template <class Ready>
std::error_code tls_turns::wait(turn const& mine, Ready const& ready) {
    std::unique_lock guard(lock_);
    try {
        for (;;) {
            if (closed_) return std::make_error_code(std::errc::operation_canceled);
            if (ready()) return {};
            if (mine.deadline <= clock::now()) return std::make_error_code(std::errc::timed_out);
            changed_.wait_until(guard, mine.deadline);
        }
    } catch (deadline_exceeded const&) {
        return std::make_error_code(std::errc::timed_out);
    } catch (cancelled const&) {
        return std::make_error_code(std::errc::operation_canceled);
    }
}

bool tls_turns::try_take(tls_way way) {
    std::lock_guard const guard(lock_);
    return !std::exchange(at(way).taken, true);
}

void tls_turns::give(tls_way way) {
    std::lock_guard const guard(lock_);
    at(way).taken = false;
    changed_.notify_all();
}

void tls_turns::set_deadline(tls_way way, clock::time_point t) {
    std::lock_guard const guard(lock_);
    at(way).deadline = t;
    at(tls_way::handshake).deadline = std::min(at(tls_way::read).deadline, at(tls_way::write).deadline);
    changed_.notify_all();
}

clock::time_point tls_turns::deadline(tls_way way) {
    std::lock_guard const guard(lock_);
    return at(way).deadline;
}

bool tls_turns::is_open() {
    std::lock_guard const guard(lock_);
    return !closed_;
}

bool tls_turns::begin_close() {
    std::lock_guard const guard(lock_);
    if (std::exchange(closed_, true)) return false;
    ++users_;
    changed_.notify_all();
    return true;
}

void tls_turns::end_close() {
    this_fiber::shield const until_then;
    std::unique_lock guard(lock_);
    changed_.wait(guard, [&] { return users_ == 1; });
    users_ = 0;
    changed_.notify_all();
}

void tls_turns::wait_until_closed() {
    this_fiber::shield const until_then;
    std::unique_lock guard(lock_);
    changed_.wait(guard, [&] { return users_ == 0; });
}

}  // namespace weft::detail
