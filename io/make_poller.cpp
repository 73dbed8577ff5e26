#include "poller_epoll.hpp"

#include <string>
#include <system_error>

namespace weft::detail {

namespace {

[[noreturn]] void refuse(char const* kind) {
    throw std::system_error(std::make_error_code(std::errc::not_supported),
                            std::string("weft: this build has no ") + kind + " poller; use automatic or epoll");
}

}  // namespace

std::unique_ptr<poller> make_poller(poller_kind kind) {
    switch (kind) {
    case poller_kind::automatic:
    case poller_kind::epoll: return make_epoll_poller();
    case poller_kind::io_uring: refuse("io_uring");
    case poller_kind::kqueue: refuse("kqueue");
    case poller_kind::iocp: refuse("iocp");
    }
    refuse("such");
}

}  // namespace weft::detail
