#pragma once
#include "descriptor.hpp"

namespace weft::detail {

/// A record for what stands behind `number`, which others use as well: its settings are not changed, the number stays open,
/// and no call on the record blocks a worker. Null if the number is not open, or not for this direction.
/// Errors: `std::system_error`, `std::bad_alloc`, `runtime_stopped`.
descriptor* open_shared(int number, direction way);

}  // namespace weft::detail
