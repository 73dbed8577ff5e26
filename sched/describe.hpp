#pragma once
// Fibers in words, for every report.

#include <weft/detail/fiber_control.hpp>
#include <weft/site.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace weft::detail {

/// Where words go: a file descriptor, by async-signal-safe calls only (a stack overflow is described from a signal handler), or
/// a string. What does not fit into memory is left out.
class text_sink {
public:
    text_sink(int descriptor) noexcept : descriptor_(descriptor) {}
    text_sink(std::string& text) noexcept : text_(&text) {}

    text_sink const& operator<<(std::string_view text) const noexcept;
    text_sink const& operator<<(char const* text) const noexcept { return *this << std::string_view(text); }
    text_sink const& operator<<(std::uint64_t number) const noexcept;
    text_sink const& operator<<(void const* address) const noexcept;

private:
    int descriptor_ = -1;
    std::string* text_ = nullptr;
};

/// What the program has printed comes before the report. Does not wait: not for a thread that is reading standard input, as
/// `fflush(nullptr)` would, nor for one that is printing.
void flush_output() noexcept;

/// `"name" #7`
void describe_briefly(std::uint64_t id, std::string_view name, text_sink to) noexcept;

/// `fiber "name" #7 started at file:line`
void describe_identity(std::uint64_t id, std::string_view name, site where, text_sink to) noexcept;
inline void describe_identity(fiber_control const& f, text_sink to) noexcept {
    describe_identity(f.id, f.name(), f.where, to);
}

/// `, waiting: channel recv 0x1234 for 5 ms`. `since` is in ticks of the clock; 0 is not known.
void describe_wait(wait_reason const* reason, void const* object, std::int64_t since, text_sink to) noexcept;

/// A whole line: identity, what it waits for, on which object, since when.
void describe_line(fiber_control const& f, text_sink to) noexcept;

}  // namespace weft::detail
