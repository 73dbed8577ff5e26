// What a descriptor asks of an engine that completes requests, and what becomes of that.
//
// A request's name is its user_data:  | generation : 32 | index : 24 | 0 : 5 | 1 | to stop it | direction : 1 |
// It cannot be mistaken for another's, because a record is not given back while a request is in progress.
#include "descriptor.hpp"
#include "descriptor_pool.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace weft::detail {

namespace {

// More than this has arrived and nobody comes for it: the rest stays in the socket, where it slows the peer down.
constexpr std::uint32_t most_pieces = 16;
constexpr std::uint32_t most_connections = 64;

// No failure: the request was stopped, or found no buffer left.
bool just_ended(int error) noexcept { return error == ECANCELED || error == ENOBUFS; }

// Failures of the request and not of the socket; if they are, the next call finds out.
bool concerns_the_request_only(int error) noexcept {
    return just_ended(error) || error == EAGAIN || error == EINTR || error == EINVAL || error == ENOMEM;
}

}  // namespace

std::uint64_t descriptor::name_of_request(direction way) const noexcept {
    return std::uint64_t{generation_} << 32 | std::uint64_t{index_} << 8 | request_name::of_descriptor |
           (way == direction::write ? request_name::write : 0);
}

descriptor& descriptor::named(std::uint64_t name) noexcept {
    return descriptor_pool::instance()[static_cast<std::uint32_t>(name) >> 8];
}

request_shape descriptor::shape_of(direction way) const noexcept {
    if (way == direction::write) return request_shape::readiness;
    if (kind_ == descriptor_kind::tcp) return request_shape::bytes;
    return kind_ == descriptor_kind::tcp_listener ? request_shape::connections : request_shape::readiness;
}

// True: kick the desk once the lock is released.
bool descriptor::ask(direction way, request_shape shape) noexcept {
    half& h = at(way);
    if (desk_ == nullptr || h.request != request_state::none) return false;
    // Also if the last request failed, for want of descriptors, say: the next would at once fail again.
    bool const is_possible = shape == request_shape::bytes ? desk_->receives.load(std::memory_order_relaxed)
                                                           : desk_->accepts.load(std::memory_order_relaxed);
    if (std::exchange(h.request_failed, false) || !is_possible) shape = request_shape::readiness;
    h.request = request_state::asked;
    h.shape = shape;
    h.stop = h.stop_sent = false;
    ++operations_;
    return hand_in();
}

bool descriptor::stop_request(direction way) noexcept {
    half& h = at(way);
    if (h.request == request_state::none || h.stop) return false;
    h.stop = true;
    return hand_in();
}

bool descriptor::hand_in() noexcept {
    if (asking_) return false;
    asking_ = true;
    ++operations_;
    return desk_->hand_in(*this);
}

void descriptor::collect_orders(order (&orders)[2], claimed_waiters& claimed) noexcept {
    spin_guard guard(lock_);
    asking_ = false;
    for (direction const way : {direction::read, direction::write}) {
        half& h = at(way);
        order& o = orders[way == direction::write];
        o = {order::kind::nothing, h.shape, fd_, name_of_request(way)};
        if (h.request == request_state::asked && h.stop) {
            end_request(way, claimed);  // the engine takes what may be handed in by that next
        } else if (h.request == request_state::asked) {
            h.request = request_state::in_progress;
            o.what = order::kind::begin;
        } else if (h.request == request_state::in_progress && h.stop && !std::exchange(h.stop_sent, true)) {
            o.what = order::kind::stop;
        }
    }
    end_operation(claimed);
}

// True: kick the desk once the lock is released.
bool descriptor::end_request(direction way, claimed_waiters& claimed) noexcept {
    half& h = at(way);
    // It made way for another operation's call. For selects nothing has come: they go on waiting, for readiness.
    bool const only_stopped = h.stop && arrived_.empty();
    h.request = request_state::none;
    h.stop = h.stop_sent = false;
    h.ready = true;
    claimed.take_from(h.waiting, !only_stopped);
    bool const kick = !h.waiting.empty() && ask(way, request_shape::readiness);
    end_operation(claimed);
    return kick;
}

bool descriptor::completed(std::uint64_t name, completion c, claimed_waiters& claimed) noexcept {
    descriptor& d = named(name);
    bool kick = false;
    descriptor* spare = nullptr;  // for a connection, if it is one; there is no allocating under the lock
    int unwanted = -1;
    {
        direction const way = (name & request_name::write) != 0 ? direction::write : direction::read;
        d.lock_.lock();
        half& h = d.at(way);
        if (h.shape == request_shape::connections && c.result >= 0) {
            d.lock_.unlock();
            try {
                spare = &descriptor_pool::instance().take();
            } catch (std::bad_alloc const&) {  // the peer sees the connection end, as if the backlog had been full
            }
            d.lock_.lock();
        }
        unwanted = d.add_arrival(h, c, spare);
        if (c.goes_on) {
            h.ready = true;
            claimed.take_from(h.waiting);
            bool const too_many = d.arrived_.count > (h.shape == request_shape::bytes ? most_pieces : most_connections);
            if (too_many) kick = d.stop_request(way);
        } else {
            kick = d.end_request(way, claimed);
        }
        d.lock_.unlock();
    }
    if (unwanted >= 0) {
        calls::close(unwanted);
        if (spare != nullptr) descriptor_pool::instance().put(*spare);
    }
    return kick;
}

// Returns the number of a connection that nobody will accept, or -1.
int descriptor::add_arrival(half& h, completion const& c, descriptor* spare) noexcept {
    if (c.piece != piece_store::none) {
        piece_store& pieces = desk_->pieces;
        if (c.result <= 0) {
            pieces.put_back(c.piece);
        } else {
            pieces[c.piece].begin = 0;
            pieces[c.piece].end = static_cast<std::uint32_t>(c.result);
            pieces[c.piece].next.store(piece_store::none, std::memory_order_relaxed);
            if (arrived_.first == piece_store::none)
                arrived_.first = c.piece;
            else
                pieces[arrived_.last].next.store(c.piece, std::memory_order_relaxed);
            arrived_.last = c.piece;
            ++arrived_.count;
            return -1;
        }
    }
    if (h.shape == request_shape::readiness) return -1;
    if (c.result < 0) {
        bool const is_stream = h.shape == request_shape::bytes;
        h.request_failed = !just_ended(-c.result);
        // Failed connections stay in the listener, or are of no interest; the error of a stream is told only once.
        if (is_stream && !concerns_the_request_only(-c.result)) arrived_.error = -c.result;
        if (c.result == -EINVAL && !h.stop)
            (is_stream ? desk_->receives : desk_->accepts).store(false, std::memory_order_relaxed);
        return -1;
    }
    if (h.shape != request_shape::connections) return -1;  // the end of the stream, which stays there
    if (spare == nullptr || closed_) return c.result;
    spare->number_in_waiting_ = c.result;
    spare->next_free_ = nullptr;
    (arrived_.first_connection == nullptr ? arrived_.first_connection : arrived_.last_connection->next_free_) = spare;
    arrived_.last_connection = spare;
    ++arrived_.count;
    return -1;
}

bool descriptor::stop_failed(std::uint64_t name) noexcept {
    descriptor& d = named(name);
    direction const way = (name & request_name::write) != 0 ? direction::write : direction::read;
    spin_guard guard(d.lock_);
    half& h = d.at(way);
    if (d.name_of_request(way) != name || h.request != request_state::in_progress || !h.stop_sent) return false;
    h.stop_sent = false;
    return d.hand_in();
}

std::optional<call_result> descriptor::take_arrived_bytes(std::byte* to, std::size_t bytes) noexcept {
    piece_store& pieces = desk_->pieces;
    std::size_t taken = 0;
    while (taken != bytes) {
        piece_store::index whole = piece_store::none;
        std::byte const* from = nullptr;
        std::size_t size = 0;
        {
            spin_guard guard(lock_);
            piece_store::index const at_front = arrived_.first;
            if (at_front == piece_store::none) {
                if (taken != 0) break;
                return nothing_arrived(request_shape::bytes);
            }
            // Taken off before it is copied, where it is used up; what is left of one only the next read looks at.
            piece_store::piece& p = pieces[at_front];
            from = pieces.memory(at_front) + p.begin;
            size = std::min<std::size_t>(p.end - p.begin, bytes - taken);
            p.begin += static_cast<std::uint32_t>(size);
            if (p.begin == p.end) {
                whole = at_front;
                arrived_.first = p.next.load(std::memory_order_relaxed);
                --arrived_.count;
            }
        }
        std::memcpy(to + taken, from, size);
        taken += size;
        if (whole != piece_store::none) pieces.put_back(whole);
    }
    return call_result{taken, 0};
}

std::optional<call_result> descriptor::take_connection() noexcept {
    if (desk_ == nullptr) return {};
    descriptor* record = nullptr;
    {
        spin_guard guard(lock_);
        record = arrived_.first_connection;
        if (record == nullptr) return nothing_arrived(request_shape::connections);
        arrived_.first_connection = record->next_free_;
        --arrived_.count;
    }
    auto const number = static_cast<std::size_t>(record->number_in_waiting_);
    descriptor_pool::instance().put(*record);
    return call_result{number, 0};
}

std::optional<call_result> descriptor::nothing_arrived(request_shape shape) noexcept {
    if (int const error = std::exchange(arrived_.error, 0); error != 0) return call_result{0, error};
    half const& h = at(direction::read);
    if (h.request != request_state::none && h.shape == shape) return call_result{0, EAGAIN};
    return {};
}

// By the last user.
void descriptor::drop(arrivals const& all) noexcept {
    for (piece_store::index i = all.first; i != piece_store::none;) {
        piece_store::index const next = desk_->pieces[i].next.load(std::memory_order_relaxed);
        desk_->pieces.put_back(i);
        i = next;
    }
    for (descriptor* record = all.first_connection; record != nullptr;) {
        descriptor* const next = record->next_free_;
        calls::close(record->number_in_waiting_);
        descriptor_pool::instance().put(*record);
        record = next;
    }
}

}  // namespace weft::detail
