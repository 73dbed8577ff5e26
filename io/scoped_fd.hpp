#pragma once
#include "file_operation.hpp"

#include <utility>

namespace weft::detail {

/// A descriptor that is closed at the end of a scope, for code that runs off the workers.
class scoped_fd {
public:
    explicit scoped_fd(call_result const& opened) noexcept
        : fd_(opened.error == 0 ? static_cast<int>(opened.value) : -1) {}
    scoped_fd() noexcept = default;
    scoped_fd(scoped_fd&& other) noexcept : fd_(other.release()) {}
    scoped_fd& operator=(scoped_fd&& other) noexcept {
        if (this != &other) {
            close();
            fd_ = other.release();
        }
        return *this;
    }
    ~scoped_fd() { close(); }

    int get() const noexcept { return fd_; }
    /// Reports what the system could not write any more.
    call_result close() noexcept {
        if (fd_ < 0) return {};
        return make_call({file_request::kind::close, release()});
    }

    /// It is the caller's to close now.
    int release() noexcept { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

/// Opens a path; close-on-exec, and never as the controlling terminal. For code that runs off the workers.
inline call_result open_path(char const* path, int flags, unsigned mode = 0) noexcept {
    file_request request{file_request::kind::open, AT_FDCWD};
    request.path = path;
    request.flags = static_cast<unsigned>(flags | O_CLOEXEC | O_NOCTTY);
    request.mode = mode;
    return make_call(request);
}

}  // namespace weft::detail
