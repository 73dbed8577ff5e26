// For builds without liburing.
#include "poller_io_uring.hpp"

#include <system_error>

namespace weft::detail {

std::unique_ptr<readiness_poller> make_io_uring_poller() {
    throw std::system_error(std::make_error_code(std::errc::not_supported),
                            "weft: this build has no io_uring poller (install liburing-dev and build weft again with "
                            "WEFT_IO_URING=on); use automatic or epoll");
}

}  // namespace weft::detail
