#include "support/residue.hpp"

#include <dirent.h>

#include <chrono>
#include <thread>
#include <weft/detail/diagnostics.hpp>

#include "support/counted.hpp"

namespace weft_test {
namespace {

std::size_t entries(char const* folder) {
    DIR* const listing = ::opendir(folder);
    if (listing == nullptr) return 0;
    std::size_t count = 0;
    while (dirent const* entry = ::readdir(listing))
        if (entry->d_name[0] != '.') ++count;
    ::closedir(listing);
    return count;
}

}  // namespace

residue residue::now() {
    return {weft::detail::live_fibers(), weft::detail::live_timers(), entries("/proc/self/fd"),
            entries("/proc/self/task"), counted::live()};
}

residue settled(residue const& before) {
    auto const patience = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    residue after = residue::now();
    while (after.threads > before.threads && std::chrono::steady_clock::now() < patience) {
        std::this_thread::yield();
        after = residue::now();
    }
    return after;
}

}  // namespace weft_test
