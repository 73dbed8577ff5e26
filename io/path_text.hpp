#pragma once
// A path as the system wants it: with a NUL at its end and none inside.

#include <weft/path_view.hpp>

#include <cerrno>
#include <cstring>
#include <string>

namespace weft::detail {

/// Short paths are copied into the object, long ones to the heap.
class path_text {
public:
    explicit path_text(fs::path_view path) {
        std::string_view const text = path.text();
        has_nul_ = text.find('\0') != std::string_view::npos;
        if (text.size() < sizeof short_) {
            std::memcpy(short_, text.data(), text.size());
            short_[text.size()] = '\0';
            text_ = short_;
        } else {
            long_ = text;
            text_ = long_.c_str();
        }
    }
    path_text(path_text const&) = delete;

    char const* c_str() const noexcept { return text_; }
    /// EINVAL if the system would see another path than the caller; else 0.
    int error() const noexcept { return has_nul_ ? EINVAL : 0; }

private:
    char const* text_;
    bool has_nul_;
    char short_[256];
    std::string long_;
};

}  // namespace weft::detail
