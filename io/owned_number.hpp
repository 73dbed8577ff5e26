#pragma once
#include "socket_calls.hpp"

#include <utility>

namespace weft::detail {

/// The number of an open file, closed with the object unless somebody takes it over.
class owned_number {
public:
    owned_number() noexcept = default;
    explicit owned_number(int fd) noexcept : fd_(fd) {}
    owned_number(owned_number&& other) noexcept : fd_(other.release()) {}
    owned_number& operator=(owned_number&& other) noexcept {
        owned_number const old(std::exchange(fd_, other.release()));
        return *this;
    }
    ~owned_number() {
        if (fd_ >= 0) calls::close(fd_);
    }

    int get() const noexcept { return fd_; }
    int release() noexcept { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

}  // namespace weft::detail
