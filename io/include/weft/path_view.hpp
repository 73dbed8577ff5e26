#pragma once
#include <concepts>
#include <string>
#include <string_view>

namespace weft::fs {

/// A path as a parameter: takes text of any kind and `std::filesystem::path`, and refers to it only during the call.
///
/// The bytes go to the system as they are. A path with a NUL inside is refused with `invalid_argument`; one that is too
/// long is the system's `filename_too_long`.
class path_view {
public:
    /// The whole text; it need not end in a NUL.
    path_view(std::string_view text) noexcept : text_(text) {}
    /// The text up to its NUL.
    path_view(char const* text) noexcept : text_(text) {}
    /// The whole text.
    path_view(std::string const& text) noexcept : text_(text) {}
    /// A `std::filesystem::path`, or whatever else has its native text.
    template <class Path>
        requires requires(Path const& p) {
            { p.native() } -> std::same_as<std::string const&>;
        }
    path_view(Path const& path) noexcept : text_(path.native()) {}

    /// The bytes of the path.
    std::string_view text() const noexcept { return text_; }

private:
    std::string_view text_;
};

}  // namespace weft::fs
