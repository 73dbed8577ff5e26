// Standard output, standard error and the progress line, which must not run into each other.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace weftsum {

/// Standard output does not take what it should.
class output_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Collects text and writes it off the workers, since a pipe or a terminal may not take it at once.
///
/// Thread safety: none; one fiber has it.
class console {
public:
    console();

    /// Adds `text` to standard output.
    void print(std::string_view text) { output_ += text; }

    /// Adds a line to standard error, after the name of the program.
    void complain(std::string_view text);

    /// Adds `text` to standard error, as it is.
    void note(std::string_view text) { messages_ += text; }

    /// Shows `text` as the last line of the terminal, in place of what was shown before. Nothing without a terminal.
    void show_progress(std::string_view text);

    /// Removes the progress line for good.
    void end_progress() { show_progress({}); }

    /// Whether so much has been collected that it should be flushed.
    bool wants_flush() const;

    /// Writes out everything collected. Blocks: parks the fiber.
    /// Errors: output_error.
    void flush();

private:
    bool const output_is_terminal_;
    bool const error_is_terminal_;
    std::string output_;
    std::string messages_;
    std::string progress_;
    bool progress_shown_ = false;
    bool progress_changed_ = false;
};

}  // namespace weftsum
