// Turns files into digests.
#pragma once
#include <weft/weft.hpp>

#include "file.hpp"

namespace weftsum {

/// The body of one digest fiber: computes the digests of every batch from `work` and passes it on to `done`, until `work`
/// is closed and drained.
void digest_files(weft::recv_chan<batch> work, weft::send_chan<batch> done);

}  // namespace weftsum
