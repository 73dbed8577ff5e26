// A connection in memory whose ends can be made as awkward as a network: a byte at a time, little room, the end after n bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <system_error>
#include <utility>
#include <weft/clock.hpp>
#include <weft/condition_variable.hpp>
#include <weft/error.hpp>
#include <weft/mutex.hpp>

namespace weft_test {

struct link_limits {
    std::size_t chunk = std::numeric_limits<std::size_t>::max();  // bytes per call
    std::size_t room = 64UL * 1024;                               // bytes under way
    std::size_t life = std::numeric_limits<std::size_t>::max();   // bytes, both ways together, until it breaks
};

/// One end. Move-only; closes when destroyed. The other end then reads what is under way, and the end of the stream.
class link_end {
public:
    static std::pair<link_end, link_end> make(link_limits const& limits = {}) {
        auto shared = std::make_shared<state>();
        shared->limits = limits;
        return {link_end(shared, 0), link_end(shared, 1)};
    }
    link_end(link_end&& other) noexcept = default;
    link_end& operator=(link_end&& other) noexcept = default;
    ~link_end() {
        if (state_ != nullptr) close();
    }

    std::size_t read_some(std::span<std::byte> buffer, std::error_code& ec) {
        return wait(mine(), ec, [&](way& w) {
            if (w.bytes.empty()) return w.ended ? step{true, 0} : step{false, 0};
            std::size_t const n = most(std::min(buffer.size(), w.bytes.size()));
            std::copy_n(w.bytes.begin(), n, buffer.begin());
            w.bytes.erase(w.bytes.begin(), w.bytes.begin() + static_cast<std::ptrdiff_t>(n));
            return step{true, n};
        });
    }
    std::size_t write_some(std::span<std::byte const> buffer, std::error_code& ec) {
        return wait(theirs(), ec, [&](way& w) {
            std::size_t const n = most(std::min(buffer.size(), state_->limits.room - w.bytes.size()));
            w.bytes.insert(w.bytes.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(n));
            state_->moved += n;
            return step{n != 0 || buffer.empty(), n};
        });
    }
    void set_read_deadline(weft::clock::time_point t) { set_deadline(mine().read_deadline, t); }
    void set_write_deadline(weft::clock::time_point t) { set_deadline(theirs().write_deadline, t); }
    void close() noexcept {
        std::lock_guard const guard(state_->lock);
        state_->closed[side_] = true;
        theirs().ended = true;
        state_->changed.notify_all();
    }

    /// What was written to this end and is to be read by the test itself.
    std::size_t under_way() const {
        std::lock_guard const guard(state_->lock);
        return state_->ways[side_].bytes.size();
    }
    std::size_t moved() const {
        std::lock_guard const guard(state_->lock);
        return state_->moved;
    }

private:
    struct way {
        std::deque<std::byte> bytes;
        bool ended = false;
        weft::clock::time_point read_deadline = weft::clock::time_point::max();
        weft::clock::time_point write_deadline = weft::clock::time_point::max();
    };
    struct state {
        mutable weft::mutex lock;
        weft::condition_variable changed;
        link_limits limits;
        way ways[2];  // by the side that reads
        bool closed[2] = {false, false};
        std::size_t moved = 0;
    };
    struct step {
        bool over;
        std::size_t bytes;
    };

    link_end(std::shared_ptr<state> shared, std::size_t side) : state_(std::move(shared)), side_(side) {}
    way& mine() noexcept { return state_->ways[side_]; }
    way& theirs() noexcept { return state_->ways[1 - side_]; }
    std::size_t most(std::size_t n) const noexcept { return std::min(n, state_->limits.chunk); }

    void set_deadline(weft::clock::time_point& which, weft::clock::time_point t) {
        std::lock_guard const guard(state_->lock);
        which = t;
        state_->changed.notify_all();
    }

    template <class Try>
    std::size_t wait(way& w, std::error_code& ec, Try const& attempt) {
        std::unique_lock guard(state_->lock);
        ec.clear();
        bool const reading = &w == &mine();
        try {
            for (;;) {
                auto const deadline = reading ? w.read_deadline : w.write_deadline;
                if (state_->closed[side_]) return fail(ec, std::errc::operation_canceled);
                if (state_->moved >= state_->limits.life) return fail(ec, std::errc::connection_reset);
                if (!reading && state_->closed[1 - side_]) return fail(ec, std::errc::broken_pipe);
                if (deadline <= weft::clock::now()) return fail(ec, std::errc::timed_out);
                step const done = attempt(w);
                if (done.over) {
                    state_->changed.notify_all();
                    return done.bytes;
                }
                state_->changed.wait_until(guard, deadline);
            }
        } catch (weft::deadline_exceeded const&) {
            return fail(ec, std::errc::timed_out);
        } catch (weft::cancelled const&) {
            return fail(ec, std::errc::operation_canceled);
        }
    }
    static std::size_t fail(std::error_code& ec, std::errc why) {
        ec = std::make_error_code(why);
        return 0;
    }

    std::shared_ptr<state> state_;
    std::size_t side_;
};

}  // namespace weft_test
