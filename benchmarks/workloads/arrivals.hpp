// Requests that arrive by a schedule fixed in advance, and when each was noticed and served.
//
// The schedule does not wait for anybody: a request whose predecessors are late is due all the same, and its own wait counts
// from then. All memory is there, and touched, before the first request.
#pragma once
#include <weft/clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace workloads {

class arrivals {
public:
    /// Nanoseconds since the schedule began. `woken` is 0 where nobody wakes.
    struct record {
        std::int64_t due = 0;
        std::int64_t woken = 0;
        std::int64_t ran = 0;
    };

    /// `due`: when each request arrives, in ascending order. `work`: how long a worker computes for each.
    arrivals(std::vector<std::int64_t> const& due, std::chrono::nanoseconds work) : work_(work.count()) {
        records_.reserve(due.size());
        for (std::int64_t const at : due) records_.push_back({at, 0, 0});
    }

    void begin_at(weft::clock::time_point begin) { begin_ = begin; }
    bool has_begun() const { return now() >= 0; }
    std::size_t size() const { return records_.size(); }
    std::vector<record> const& records() const { return records_; }

    weft::clock::time_point due(std::size_t request) const {
        return begin_ + std::chrono::nanoseconds(records_[request].due);
    }

    /// Called by the waker, immediately before it wakes.
    void note_wake(std::size_t request) { records_[request].woken = now(); }

    /// The first thing that whoever serves the request does. Computing is reading the clock until the time is up: a processor
    /// that somebody else takes away meanwhile does not make the load larger than the schedule says.
    void serve(std::size_t request) {
        std::int64_t const start = now();
        records_[request].ran = start;
        while (now() < start + work_) {}
    }

private:
    std::int64_t now() const { return std::chrono::nanoseconds(weft::clock::now() - begin_).count(); }

    std::vector<record> records_;
    std::int64_t const work_;
    weft::clock::time_point begin_;
};

}  // namespace workloads
