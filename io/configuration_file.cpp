#include "configuration_file.hpp"

#include "system_table.hpp"

#include <cerrno>

namespace weft::detail {

namespace {

class opened {
public:
    explicit opened(std::string const& path) noexcept {
        // Not to wait for somebody to write to a named pipe: what is no file is then found to be empty.
        do fd_ = os().openat(AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
        while (fd_ < 0 && errno == EINTR);
    }
    ~opened() {
        if (fd_ >= 0) os().close(fd_);
    }
    opened(opened const&) = delete;
    operator int() const noexcept { return fd_; }

private:
    int fd_;
};

file_version version_of(int fd) noexcept {
    struct stat about {};
    if (fd < 0 || os().fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return {};
    return {about.st_ino, about.st_mtim.tv_sec * 1'000'000'000 + about.st_mtim.tv_nsec, about.st_size};
}

}  // namespace

std::optional<std::string> read_if_changed(std::string const& path, file_version& known) {
    opened const file(path);
    file_version const now = version_of(file);
    if (now == known) return std::nullopt;
    std::string text;
    if (now != file_version{}) {
        char chunk[4096];
        for (ssize_t got = 1; got != 0;) {
            got = os().read(file, chunk, sizeof chunk);
            if (got < 0 && errno != EINTR) {
                known = {};
                return std::string();
            }
            if (got > 0) text.append(chunk, static_cast<std::size_t>(got));
        }
    }
    known = now;
    return text;
}

}  // namespace weft::detail
