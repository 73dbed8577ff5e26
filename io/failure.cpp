#include "failure.hpp"

#include <weft/error.hpp>

namespace weft::detail {

readiness_poller& poller_for_new_socket() {
    poller* const here = current_poller();
    if (here == nullptr) throw runtime_stopped("weft::net: a socket is made by a fiber; this thread runs none");
    return static_cast<readiness_poller&>(*here);  // make_poller makes no other
}

}  // namespace weft::detail
