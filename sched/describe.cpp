#include "describe.hpp"

#include <weft/clock.hpp>
#include <weft/detail/overflow_report.hpp>

#include <chrono>
#include <cstdio>
#include <new>

namespace weft::detail {

namespace {

// The last digits of a buffer. Async-signal-safe.
template <std::size_t N>
std::string_view digits(char (&text)[N], std::uint64_t value, unsigned base) noexcept {
    char* first = text + N;
    do {
        *--first = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    return {first, static_cast<std::size_t>(text + N - first)};
}

}  // namespace

text_sink const& text_sink::operator<<(std::string_view text) const noexcept {
    if (text_ == nullptr) {
        write_text(descriptor_, text);
    } else {
        try {
            text_->append(text);
        } catch (std::bad_alloc const&) {}
    }
    return *this;
}

text_sink const& text_sink::operator<<(std::uint64_t number) const noexcept {
    char text[20];
    return *this << digits(text, number, 10);
}

text_sink const& text_sink::operator<<(void const* address) const noexcept {
    char text[2 * sizeof(void*)];
    return *this << "0x" << digits(text, reinterpret_cast<std::uintptr_t>(address), 16);
}

void flush_output() noexcept {
    if (::ftrylockfile(stdout) != 0) return;
    ::fflush_unlocked(stdout);
    ::funlockfile(stdout);
}

void describe_briefly(std::uint64_t id, std::string_view name, text_sink to) noexcept {
    if (!name.empty()) to << "\"" << name << "\" ";
    to << "#" << id;
}

void describe_identity(std::uint64_t id, std::string_view name, site where, text_sink to) noexcept {
    to << "fiber ";
    describe_briefly(id, name, to);
    to << " started at ";
    if (where.line != 0)
        to << where.file << ":" << std::uint64_t{where.line};
    else
        // Callers that pass arguments are known by their return address only; addr2line finds the line.
        to << static_cast<void const*>(where.file);
}

void describe_wait(wait_reason const* reason, void const* object, std::int64_t since, text_sink to) noexcept {
    if (reason == nullptr) {
        to << ", running or runnable";
        return;
    }
    to << ", waiting: " << reason->text;
    if (object != nullptr) to << " " << object;
    auto const waits_since = clock::duration(since);
    auto const now = clock::now().time_since_epoch();
    if (since != 0 && now > waits_since)
        to << " for "
           << static_cast<std::uint64_t>(
                  std::chrono::duration_cast<std::chrono::milliseconds>(now - waits_since).count())
           << " ms";
}

void describe_line(fiber_control const& f, text_sink to) noexcept {
    to << "  ";
    describe_identity(f, to);
    describe_wait(f.reason.load(std::memory_order_relaxed), f.waits_for.load(std::memory_order_relaxed),
                  f.since.load(std::memory_order_relaxed), to);
    to << "\n";
}

}  // namespace weft::detail
