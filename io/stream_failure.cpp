#include <weft/stream.hpp>
#include <weft/this_fiber.hpp>

namespace weft::detail {

void throw_stream_failure(std::error_code ec, char const* what) {
    if (ec == std::errc::operation_canceled || ec == std::errc::timed_out) this_fiber::check_cancelled();
    throw std::system_error(ec, what);
}

}  // namespace weft::detail
