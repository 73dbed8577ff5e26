#include "thread_state.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace weft::detail {

std::chrono::nanoseconds cpu_time(pthread_t thread) noexcept {
    clockid_t clock{};
    timespec used{};
    if (pthread_getcpuclockid(thread, &clock) != 0 || clock_gettime(clock, &used) != 0) return {};
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

bool sleeps_in_kernel(pid_t thread_id) noexcept {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread_id);
    int const file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    char text[256];
    ssize_t const size = ::read(file, text, sizeof text - 1);
    ::close(file);
    if (size <= 0) return false;
    text[size] = '\0';
    // "id (name) S ..."; the name may contain anything, but nothing after it contains a parenthesis.
    char const* const name_end = std::strrchr(text, ')');
    if (name_end == nullptr || name_end[1] != ' ') return false;
    char const state = name_end[2];
    return state == 'S' || state == 'D';
}

}  // namespace weft::detail
