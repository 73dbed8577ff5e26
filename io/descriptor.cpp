#include "descriptor.hpp"

#include "descriptor_pool.hpp"

#include <system_error>
#include <utility>

namespace weft::detail {

namespace {

constexpr wait_reason closing{"socket close", true};

}  // namespace

descriptor& descriptor::open(int fd, readiness_poller& by, descriptor_kind kind) {
    descriptor* d = nullptr;
    try {
        d = &descriptor_pool::instance().take();
    } catch (...) {
        calls::close(fd);
        throw;
    }
    std::uint64_t key = 0;
    {
        spin_guard guard(d->lock_);
        d->fd_ = fd;
        d->closed_ = false;
        d->kind_ = kind;
        d->desk_ = by.shared_watch()->desk.get();
        d->short_read_drains_ = kind == descriptor_kind::tcp && d->desk_ == nullptr;
        for (half& h : d->halves_) {
            h.ready = true;
            h.deadline = clock::time_point::max();
            h.request_failed = false;
        }
        d->watch_ = by.shared_watch();
        d->watch_->descriptors.fetch_add(1, std::memory_order_relaxed);
        key = d->key();
    }
    if (kind == descriptor_kind::on_disk) return *d;
    try {
        by.add(fd, key);
    } catch (std::system_error const& refused) {
        // What has no readiness, a regular file for one, is ready always: nobody will wait for an event.
        if (kind == descriptor_kind::watched && refused.code().value() == EPERM) return *d;
        d->release();
        throw;
    } catch (...) {
        d->release();
        throw;
    }
    return *d;
}

void descriptor::close() noexcept {
    claimed_waiters claimed;
    bool kick = false;
    lock_.lock();
    if (!std::exchange(closed_, true)) {
        wake_all(claimed);
        for (direction const way : {direction::read, direction::write})
            if (stop_request(way)) kick = true;
    }
    lock_.unlock();
    claimed.deliver();
    if (kick) desk_->kick();

    unused const left = wait_until_unused();
    if (left.fd < 0) return;
    if (left.to_tell != nullptr) left.to_tell->remove(left.fd);
    calls::close(left.fd);
    drop_arrivals();
}

descriptor::unused descriptor::wait_until_unused() noexcept {
    for (;;) {
        wait w(closing, this, interruptible::no);
        readiness_waiter self{w.token()};
        {
            spin_guard guard(lock_);
            if (operations_ == 0) {
                if (fd_ < 0) return {};  // somebody else closes it
                watch_->descriptors.fetch_sub(1, std::memory_order_relaxed);
                return {std::exchange(fd_, -1), is_shared(kind_) ? watch_ : nullptr};
            }
            closers_.push(self);
        }
        w.park();
    }
}

void descriptor::release() noexcept {
    close();
    std::shared_ptr<watch> watched;  // the last one to go is freed without the lock
    {
        spin_guard guard(lock_);
        ++generation_;
        watched = std::move(watch_);
    }
    descriptor_pool::instance().put(*this);
}

bool descriptor::can_wait() const noexcept {
    spin_guard guard(lock_);
    return !closed_ && !watch_->ended.load(std::memory_order_acquire);
}

bool descriptor::is_open() const noexcept {
    spin_guard guard(lock_);
    return !closed_;
}

int descriptor::number() const noexcept {
    spin_guard guard(lock_);
    return closed_ ? -1 : fd_;
}

void descriptor::set_deadline(direction way, clock::time_point deadline) noexcept {
    claimed_waiters claimed;
    {
        spin_guard guard(lock_);
        half& h = at(way);
        // A later deadline wakes nobody: whoever wakes up at the old one looks again. Those in line keep their places: whoever has
        // the turn fails and passes it on.
        if (deadline < h.deadline) claimed.take_from(h.waiting, false);
        h.deadline = deadline;
    }
    claimed.deliver();
}

// -1 if closed.
int descriptor::begin_use() noexcept {
    spin_guard guard(lock_);
    if (closed_) return -1;
    ++operations_;
    return fd_;
}

void descriptor::end_use() noexcept {
    claimed_waiters claimed;
    {
        spin_guard guard(lock_);
        end_operation(claimed);
    }
    claimed.deliver();
}

bool descriptor::is_ready(direction way) noexcept {
    if (way == direction::read && has_arrivals()) return true;
    call_result const looked = call([way](int fd) { return calls::would_not_block(fd, way == direction::write); });
    if (looked.error != 0 || looked.value != 0) return true;  // an operation that fails does not wait either
    // In this order: what the kernel took out of the socket before that look is known to the poller by now.
    if (desk_ == nullptr || way == direction::write) return false;
    if (auto* const here = static_cast<readiness_poller*>(current_poller())) here->look();
    return has_arrivals();
}

bool descriptor::has_arrivals() const noexcept {
    spin_guard guard(lock_);
    return !arrived_.empty();
}

bool descriptor::link(direction way, readiness_waiter& w) noexcept {
    bool kick = false;
    {
        spin_guard guard(lock_);
        if (closed_ || watch_->ended.load(std::memory_order_acquire)) return false;
        ++operations_;
        half& h = at(way);
        h.waiting.push(w);
        // Whoever has the turn may be in a call, which must not compete with a request for the same bytes.
        kick = ask(way, h.turn_taken ? request_shape::readiness : shape_of(way));
    }
    if (kick) desk_->kick();
    // Linked first: what happens after this look is an event.
    if (!is_ready(way)) return true;
    unlink(way, w);
    return false;
}

void descriptor::unlink(direction way, readiness_waiter& w) noexcept {
    {
        spin_guard guard(lock_);
        if (w.linked) at(way).waiting.remove(w);
    }
    end_use();
}

void descriptor::event(std::uint64_t key, readiness what, ready_list& ready) noexcept {
    descriptor& d = descriptor_pool::instance()[static_cast<std::uint32_t>(key)];
    claimed_waiters claimed;
    {
        spin_guard guard(d.lock_);
        if (d.key() != key) return;  // about a socket that is gone
        if (what.more_than_bytes) d.short_read_drains_ = false;
        for (direction const way : {direction::read, direction::write}) {
            if (!(way == direction::read ? what.readable : what.writable)) continue;
            half& h = d.at(way);
            h.ready = true;
            claimed.take_from(h.waiting);
        }
    }
    claimed.deliver(ready);
}

void descriptor::abandon_all(watch const& ended) noexcept {
    descriptor_pool::instance().for_each([&ended](descriptor& d) {
        claimed_waiters claimed;
        {
            spin_guard guard(d.lock_);
            if (d.watch_.get() != &ended) return;
            for (direction const way : {direction::read, direction::write}) d.stop_request(way);
            d.short_read_drains_ = false;  // no event will say when there is more: from now on every call is tried
            for (half& h : d.halves_) h.ready = true;
            d.wake_all(claimed);
        }
        claimed.deliver();
    });
}

void descriptor::wake_all(claimed_waiters& claimed) noexcept {
    for (half& h : halves_) {
        claimed.take_from(h.waiting);
        claimed.take_from(h.line);
    }
}

void descriptor::end_operation(claimed_waiters& claimed) noexcept {
    if (--operations_ == 0 && closed_) claimed.take_from(closers_);
}

}  // namespace weft::detail
