#include "describe.hpp"

#include <weft/clock.hpp>

#include <chrono>

namespace weft::detail {

namespace {

void write_address(int to, void const* address) noexcept {
    char text[2 + 2 * sizeof(void*) + 1];
    char* first = text + sizeof text - 1;
    *first = '\0';
    auto value = reinterpret_cast<std::uintptr_t>(address);
    do {
        *--first = "0123456789abcdef"[value % 16];
        value /= 16;
    } while (value != 0);
    *--first = 'x';
    *--first = '0';
    write_text(to, first);
}

}  // namespace

void describe_identity(std::uint64_t id, std::string_view name, site where, int to) noexcept {
    write_text(to, "fiber ");
    if (!name.empty()) {
        write_text(to, "\"");
        write_text(to, name);
        write_text(to, "\" ");
    }
    write_text(to, "#");
    write_number(to, id);
    write_text(to, " started at ");
    if (where.line != 0) {
        write_text(to, where.file);
        write_text(to, ":");
        write_number(to, where.line);
    } else {
        // Callers that pass arguments are known by their return address only; addr2line finds the line.
        write_address(to, where.file);
    }
}

void describe_line(fiber_control const& f, int to) noexcept {
    write_text(to, "  ");
    describe_identity(f, to);
    if (wait_reason const* reason = f.reason.load(std::memory_order_relaxed); reason != nullptr) {
        write_text(to, ", waiting: ");
        write_text(to, reason->text);
        if (void const* object = f.waits_for.load(std::memory_order_relaxed); object != nullptr) {
            write_text(to, " ");
            write_address(to, object);
        }
        auto const since = clock::duration(f.since.load(std::memory_order_relaxed));
        auto const now = clock::now().time_since_epoch();
        if (since != clock::duration::zero() && now > since) {
            write_text(to, " for ");
            write_number(to, static_cast<std::uint64_t>(
                                 std::chrono::duration_cast<std::chrono::milliseconds>(now - since).count()));
            write_text(to, " ms");
        }
    } else {
        write_text(to, ", running or runnable");
    }
    write_text(to, "\n");
}

}  // namespace weft::detail
