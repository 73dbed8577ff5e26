// From a source of files to their digests: one producer, many digest fibers.
#pragma once
#include <vector>
#include <weft/weft.hpp>

#include "file.hpp"

namespace weftsum {

/// Computes digests in parallel and delivers them in order.
///
///     source -> producer -> work -> digest fibers -> done -> whoever owns the pipeline
///
/// Its destructor cancels what still runs.
class pipeline {
public:
    /// `source` must outlive the pipeline, which alone uses it, in its own fibers.
    pipeline(file_source& source, unsigned digest_fibers);
    pipeline(pipeline const&) = delete;
    pipeline& operator=(pipeline const&) = delete;

    /// The digested batches, in any order. Closed after the last.
    weft::recv_chan<batch> done() const { return done_; }

    /// Has to be called once for every batch, when it is no longer kept; this lets the producer go on.
    void release() const { window_.recv(); }

    /// After `done` is closed: rethrows what ended it early, if anything did.
    void join() { closer_.join(); }

private:
    weft::chan<batch> work_;
    weft::chan<batch> done_;
    weft::chan<weft::unit> window_;  // holds a unit for each batch that is under way
    weft::fiber<> producer_;
    std::vector<weft::fiber<>> digest_fibers_;
    weft::fiber<> closer_;
};

}  // namespace weftsum
