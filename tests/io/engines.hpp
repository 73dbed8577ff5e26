// What tests need to know of the engines that io can wait with, and how they stand between one and the system.
#pragma once

#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>

#include "poller_io_uring.hpp"
#include "support/catch.hpp"
#include "system_table.hpp"

namespace weft_test {

/// Not without liburing.
inline bool is_built_with_io_uring() {
    try {
        return weft::detail::make_io_uring_poller() != nullptr;
    } catch (std::system_error const& refused) {
        return refused.code() != std::errc::not_supported;
    }
}

/// Whether this machine lets us have an io_uring, and the environment does not ask for another. If not, the test's output says
/// so.
inline bool has_io_uring() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
    char const* const wanted = std::getenv("WEFT_POLLER");
    if (wanted != nullptr && std::string_view(wanted) != "io_uring") {
        WARN("skipped: WEFT_POLLER=" << wanted);
        return false;
    }
    try {
        return weft::detail::make_io_uring_poller() != nullptr;
    } catch (std::system_error const& refused) {
        WARN("skipped: " << refused.what());
        return false;
    }
}

/// Has weft make its system calls through another table while it lives. No runtime may.
class installed {
public:
    explicit installed(weft::detail::system_table const& table) { weft::detail::installed_system = &table; }
    ~installed() { weft::detail::installed_system = &weft::detail::real_system; }
    installed(installed const&) = delete;
};

/// Makes rings of other sizes while it lives. No runtime may.
class sized_rings {
public:
    explicit sized_rings(weft::detail::ring_sizes const& sizes) : before_(weft::detail::sizes_of_new_rings) {
        weft::detail::sizes_of_new_rings = sizes;
    }
    ~sized_rings() { weft::detail::sizes_of_new_rings = before_; }
    sized_rings(sized_rings const&) = delete;

private:
    weft::detail::ring_sizes const before_;
};

}  // namespace weft_test
