#include "poller_epoll.hpp"
#include "poller_io_uring.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace weft::detail {

namespace {

[[noreturn]] void refuse(char const* kind) {
    throw std::system_error(std::make_error_code(std::errc::not_supported),
                            std::string("weft: this build has no ") + kind + " poller; use automatic or epoll");
}

// What containers and administrators say, and kernels that are too old.
bool is_forbidden(std::error_code const& why) noexcept {
    if (why.category() != std::generic_category()) return false;
    switch (why.value()) {
    case ENOSYS:
    case EPERM:
    case EACCES:
    case ENOMEM: return true;
    default: return false;
    }
}

// A program that asks for io_uring wants speed, not to fail where its next container forbids it. But it should know.
std::unique_ptr<poller> make_io_uring_or_epoll_poller() {
    try {
        return make_io_uring_poller();
    } catch (std::system_error const& refused) {
        if (!is_forbidden(refused.code())) throw;
        static std::atomic<bool> said{false};
        if (!said.exchange(true, std::memory_order_relaxed))
            std::fprintf(stderr, "%s: io_uring is not to be had here; using epoll\n", refused.what());
        return make_epoll_poller();
    }
}

}  // namespace

std::unique_ptr<poller> make_poller(poller_kind kind) {
    switch (kind) {
    case poller_kind::automatic:
    case poller_kind::epoll: return make_epoll_poller();
    case poller_kind::io_uring: return make_io_uring_or_epoll_poller();
    case poller_kind::kqueue: refuse("kqueue");
    case poller_kind::iocp: refuse("iocp");
    }
    refuse("such");
}

}  // namespace weft::detail
