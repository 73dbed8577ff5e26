#pragma once
#include <utility>

namespace weft {

/// Runs `f` when the scope ends, also by an exception: Go's `defer`, per scope instead of per function.
///
/// `weft::defer const cleanup([&] { … });` While an exception is in flight, blocking calls in `f` are shielded
/// from cancellation.
template <class F>
class [[nodiscard]] defer {
public:
    /// Keeps `f` until the scope ends.
    explicit defer(F f) : f_(std::move(f)) {}
    ~defer() { f_(); }
    defer(defer const&) = delete;
    defer& operator=(defer const&) = delete;

private:
    F f_;
};

}  // namespace weft
