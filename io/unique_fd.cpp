#include <weft/unique_fd.hpp>

#include "socket_calls.hpp"

namespace weft {

unique_fd::~unique_fd() {
    if (fd_ >= 0) detail::calls::close(fd_);
}

}  // namespace weft
