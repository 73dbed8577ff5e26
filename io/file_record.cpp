#include "file_record.hpp"

#include <weft/detail/budget.hpp>
#include <weft/detail/cancel_scope.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace weft::detail {

namespace {

constexpr wait_reason closing{"file close", true};
constexpr wait_reason waiting_for_lock{"file lock", true};

// Nobody is told when a lock comes free.
constexpr clock::duration first_pause = std::chrono::milliseconds(1);
constexpr clock::duration last_pause = std::chrono::milliseconds(20);

// What a worker copies at once out of the page cache: some 20 µs, during which it runs nobody else.
constexpr std::size_t most_from_cache = std::size_t{256} * 1024;

std::uint64_t advanced(std::uint64_t at, std::size_t by) noexcept {
    return at == file_request::at_position ? at : at + by;
}

}  // namespace

position_turn::position_turn(counting_semaphore& turn, std::uint64_t at) {
    if (at != file_request::at_position) return;
    try {
        turn.acquire();
        turn_ = &turn;
    } catch (deadline_exceeded const&) {
        failure_ = {0, ETIMEDOUT, true};
    } catch (cancelled const&) {
        failure_ = {0, ECANCELED, true};
    }
}

file_record::~file_record() { close(); }

outcome file_record::read(file_record* file, std::span<std::byte> buffer, std::uint64_t at, bool fill) {
    use const mine(file);
    if (mine.error() != 0) return {0, mine.error()};
    if (buffer.empty()) return {};
    position_turn const turn(file->turn_, at);
    if (turn.failure().error != 0) return turn.failure();
    outcome so_far;
    do {
        if (!file->is_open()) return {so_far.bytes, ECANCELED};
        outcome const got = file->read_once(mine.fd(), buffer.subspan(so_far.bytes), advanced(at, so_far.bytes));
        if (got.error != 0) return {so_far.bytes, got.error, got.cancelled};
        if (got.bytes == 0) break;
        so_far.bytes += got.bytes;
    } while (fill && so_far.bytes < buffer.size());
    return so_far;
}

outcome file_record::read_once(int fd, std::span<std::byte> buffer, std::uint64_t at) {
    if (tries_cache_.load(std::memory_order_relaxed)) {
        charge_budget();  // whoever finds everything in the cache must let others run
        iovec const part{buffer.data(), std::min(buffer.size(), most_from_cache)};
        call_result const got = calls::result(os().preadv2(fd, &part, 1, static_cast<off_t>(at), RWF_NOWAIT));
        if (got.error == 0) return {got.value};
        // What the call cannot do here may still be done by another; a real failure shows there, too.
        if (got.error != EAGAIN && got.error != EINTR) tries_cache_.store(false, std::memory_order_relaxed);
    }
    file_request request{file_request::kind::read, fd};
    request.into = buffer.data();
    request.bytes = buffer.size();
    request.at = at;
    return detail::perform(request);
}

outcome file_record::write(file_record* file, std::span<std::byte const> buffer, std::uint64_t at, bool everything) {
    use const mine(file);
    if (mine.error() != 0) return {0, mine.error()};
    if (buffer.empty()) return {};
    position_turn const turn(file->turn_, at);
    if (turn.failure().error != 0) return turn.failure();
    outcome so_far;
    do {
        if (!file->is_open()) return {so_far.bytes, ECANCELED};
        auto const rest = buffer.subspan(so_far.bytes);
        file_request request{file_request::kind::write, mine.fd()};
        request.from = rest.data();
        request.bytes = rest.size();
        request.at = advanced(at, so_far.bytes);
        outcome const put = detail::perform(request);
        if (put.error != 0) return {so_far.bytes, put.error, put.cancelled};
        if (put.bytes == 0) return {so_far.bytes, EIO};  // a device that takes nothing and does not say why
        so_far.bytes += put.bytes;
    } while (everything && so_far.bytes < buffer.size());
    return so_far;
}

outcome file_record::perform(file_record* file, file_request request) {
    use const mine(file);
    if (mine.error() != 0) return {0, mine.error()};
    request.fd = mine.fd();
    return detail::perform(request);
}

outcome file_record::lock(file_record* file, int how, clock::time_point deadline) {
    use const mine(file);
    if (mine.error() != 0) return {0, mine.error()};
    for (clock::duration pause = first_pause;; pause = std::min(2 * pause, last_pause)) {
        outcome const tried =
            off_worker([&] { return repeat_call([&] { return os().flock(mine.fd(), how | LOCK_NB); }); });
        if (tried.error != EWOULDBLOCK) return tried;
        clock::time_point const now = clock::now();
        if (deadline <= now) return {0, EWOULDBLOCK};
        outcome const woken = file->nap(std::min(deadline, now + pause));
        if (woken.error != 0) return woken;
    }
}

outcome file_record::nap(clock::time_point until) noexcept {
    wait w(waiting_for_lock, this);
    if (w.cancelled()) return {0, cancelled_by_deadline() ? ETIMEDOUT : ECANCELED, true};
    readiness_waiter self{w.token()};
    {
        spin_guard guard(lock_);
        if (closed_) return {0, ECANCELED};
        napping_.push(self);
    }
    wait_tag const woken_by = w.park_until(until);
    spin_guard guard(lock_);
    if (self.linked) napping_.remove(self);
    if (woken_by == tag_cancelled) return {0, cancelled_by_deadline() ? ETIMEDOUT : ECANCELED, true};
    return {0, closed_ ? ECANCELED : 0};
}

void file_record::unlock(file_record* file) noexcept {
    use const mine(file);
    if (mine.error() == 0)
        off_worker_shielded([&] { return repeat_call([&] { return os().flock(mine.fd(), LOCK_UN); }); });
}

int file_record::close() noexcept {
    {
        claimed_waiters claimed;
        {
            spin_guard guard(lock_);
            closed_ = true;
            claimed.take_from(napping_);
        }
        claimed.deliver();
    }
    int const fd = wait_until_unused();
    if (fd < 0) return 0;
    file_request request{file_request::kind::close, fd};
    // What was only read has nothing to write back.
    return written_ ? perform_shielded(request).error : make_call(request).error;
}

// Returns the number if the caller is to close it.
int file_record::wait_until_unused() noexcept {
    {
        spin_guard guard(lock_);
        if (operations_ == 0) return std::exchange(fd_, -1);
    }
    for (;;) {
        wait w(closing, this, interruptible::no);
        readiness_waiter self{w.token()};
        {
            spin_guard guard(lock_);
            if (operations_ == 0) return std::exchange(fd_, -1);
            closers_.push(self);
        }
        w.park();
    }
}

bool file_record::is_open() const noexcept {
    spin_guard guard(lock_);
    return !closed_;
}

int file_record::number() const noexcept {
    spin_guard guard(lock_);
    return closed_ ? -1 : fd_;
}

int file_record::begin_use() noexcept {
    spin_guard guard(lock_);
    if (closed_) return -1;
    ++operations_;
    return fd_;
}

void file_record::end_use() noexcept {
    claimed_waiters claimed;
    {
        spin_guard guard(lock_);
        if (--operations_ == 0 && closed_) claimed.take_from(closers_);
    }
    claimed.deliver();
}

}  // namespace weft::detail
