#include "console.hpp"

#include <unistd.h>

#include <cerrno>
#include <weft/weft.hpp>

#include "describe.hpp"

namespace weftsum {
namespace {

constexpr std::size_t flush_bytes = 64 * 1024;
constexpr std::string_view erase_line = "\r\x1b[K";

// Returns 0 or an errno value.
int write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        ssize_t const n = ::write(descriptor, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return 0;
}

}  // namespace

console::console()
    : output_is_terminal_(::isatty(STDOUT_FILENO) == 1), error_is_terminal_(::isatty(STDERR_FILENO) == 1) {}

void console::complain(std::string_view text) {
    messages_ += "weftsum: ";
    messages_ += text;
    messages_ += '\n';
}

void console::show_progress(std::string_view text) {
    if (!error_is_terminal_) return;
    progress_ = text;
    progress_changed_ = true;
}

bool console::wants_flush() const {
    return output_.size() >= flush_bytes || (output_is_terminal_ && !output_.empty()) || !messages_.empty();
}

void console::flush() {
    if (output_.empty() && messages_.empty() && !progress_changed_) return;
    int const output_failure = weft::blocking([this] {
        if (progress_shown_) write_all(STDERR_FILENO, erase_line);
        int const failure = write_all(STDOUT_FILENO, output_);
        messages_ += progress_;
        write_all(STDERR_FILENO, messages_);  // if this fails there is nowhere left to say so
        return failure;
    });
    progress_shown_ = !progress_.empty();
    progress_changed_ = false;
    output_.clear();
    messages_.clear();
    if (output_failure != 0) throw output_error("standard output: " + describe(output_failure));
}

}  // namespace weftsum
