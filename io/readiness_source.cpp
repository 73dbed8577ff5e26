#include <weft/detail/readiness_source.hpp>

#include "descriptor.hpp"

namespace weft::detail {

bool readiness_source::is_ready() { return socket_ == nullptr || socket_->is_ready(way_); }

bool readiness_source::arm(wait_token sleeper, wait_tag tag) {
    if (socket_ == nullptr) return true;
    node_ = {sleeper, tag, true};
    return !socket_->link(way_, node_);
}

void readiness_source::disarm() noexcept { socket_->unlink(way_, node_); }

}  // namespace weft::detail
