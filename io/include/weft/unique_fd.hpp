#pragma once
#include <utility>

namespace weft {

/// Owns a descriptor of the system and closes it. Move-only.
class unique_fd {
public:
    /// Owns none.
    unique_fd() noexcept = default;
    /// Owns `fd`; negative is none.
    explicit unique_fd(int fd) noexcept : fd_(fd) {}
    /// Takes it over.
    unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}
    /// Closes its own, and takes the other's over.
    unique_fd& operator=(unique_fd&& other) noexcept {
        unique_fd const old(std::exchange(fd_, other.release()));
        return *this;
    }
    ~unique_fd();

    /// The number, which stays this object's; -1 for none.
    int get() const noexcept { return fd_; }
    /// The number, which is the caller's from now on.
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    /// Owns one.
    explicit operator bool() const noexcept { return fd_ >= 0; }

private:
    int fd_ = -1;
};

}  // namespace weft
