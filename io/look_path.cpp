#include <weft/process.hpp>

#include "socket_calls.hpp"

#include <cstdlib>

namespace weft {

namespace {

using namespace detail;

// An errno value; 0: a file that can be run.
int runnable(std::string const& path) noexcept {
    struct stat about {};
    call_result const looked = calls::uninterrupted([&] { return os().fstatat(AT_FDCWD, path.c_str(), &about, 0); });
    if (looked.error != 0) return looked.error;
    if (S_ISDIR(about.st_mode)) return EISDIR;
    return calls::uninterrupted([&] { return os().faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS); }).error;
}

// Else the system could not say.
bool is_about_the_file(int error) noexcept {
    switch (error) {
    case EACCES:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOTDIR: return true;
    default: return false;
    }
}

int find(std::string_view command, std::string& found) {
    if (command.find('/') != command.npos) {
        found = command;
        return 0;  // the exec says what is wrong with it: it may be in the child's directory
    }
    char const* const path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): as for every reader of it
    int error = ENOENT;
    for (std::string_view left = path == nullptr ? "" : path; !left.empty() && !command.empty();) {
        std::size_t const end = left.find(':');
        std::string_view const folder = left.substr(0, end);
        left = end == left.npos ? std::string_view() : left.substr(end + 1);
        if (!folder.starts_with('/')) continue;
        found = std::string(folder) + "/" + std::string(command);
        int const why = runnable(found);
        if (why == 0 || !is_about_the_file(why)) return why;
        if (why == EACCES) error = EACCES;
    }
    return error;
}

}  // namespace

std::string look_path(std::string_view command) {
    std::string found;
    if (int const error = find(command, found); error != 0)
        throw std::system_error(error, std::generic_category(), "weft::look_path(\"" + std::string(command) + "\")");
    return found;
}

std::string look_path(std::string_view command, std::error_code& ec) {
    std::string found;
    int const error = find(command, found);
    ec.assign(error, std::generic_category());
    if (error != 0) found.clear();
    return found;
}

}  // namespace weft
