#include "support/descriptors.hpp"

#include <dirent.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace weft_test {
namespace {

// Every poller waits in one of these, and has an eventfd that interrupts it.
bool is_waited_in(std::string const& number) {
    char what[64];
    ssize_t const size = ::readlink(("/proc/self/fd/" + number).c_str(), what, sizeof what);
    std::string_view const text(what, size < 0 ? 0 : static_cast<std::size_t>(size));
    return text == "anon_inode:[eventpoll]" || text == "anon_inode:[io_uring]";
}

}  // namespace

std::size_t descriptors_in_use() {
    DIR* const listing = ::opendir("/proc/self/fd");
    if (listing == nullptr) return 0;
    std::size_t all = 0;
    std::size_t of_pollers = 0;
    while (dirent const* entry = ::readdir(listing)) {
        if (entry->d_name[0] == '.') continue;
        ++all;
        if (is_waited_in(entry->d_name)) of_pollers += 2;
    }
    ::closedir(listing);
    return all - of_pollers;
}

}  // namespace weft_test
