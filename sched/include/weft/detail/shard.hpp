#pragma once

namespace weft::detail {

/// A small number that callers on one worker, or one thread, have in common: for data that is kept once per processor. A hint:
/// the caller may be elsewhere by the time it has it.
unsigned shard_hint() noexcept;

}  // namespace weft::detail
