#pragma once
// The one entry by which system calls that may wait for a disk leave the worker.
//
// A `file_request` says what a single call is to do, and `perform` has it done while the calling fiber is parked: a
// thread of the blocking pool makes the call, or the io_uring of its worker, where that is what workers wait in. Calls
// that depend on each other (open, then look what it is) and those that no engine knows go together in one
// `off_worker`, because leaving the worker costs far more than a call that finds everything in the caches.
//
// Invariants: the request and all it points to lie in frames that stay, because their fiber is parked, until the call
//             has ended. A cancellation ends a request that has not begun; one that has begun is never abandoned. So
//             when `perform` returns nobody touches the buffer any more, and the call has happened as a whole or not
//             at all. On a plain thread the calls are simply made.
// Rejected:   abandoning a call under way together with a buffer of its own: one more copy of every byte, and a
//             cancelled write that happens later.

#include "failure.hpp"

#include <weft/blocking.hpp>
#include <weft/error.hpp>
#include <weft/this_fiber.hpp>

#include <cstddef>
#include <cstdint>
#include <new>

namespace weft::detail {

struct file_request {
    enum class kind : std::uint8_t {
        open,
        close,
        read,
        write,
        sync,
        sync_data,
        truncate,
        status,
        make_directory,
        remove,
        rename
    };

    /// Read or write at the descriptor's own position, and move it.
    static constexpr std::uint64_t at_position = ~std::uint64_t{0};

    kind what{};
    int fd = -1;         // the file; else the directory at which a relative path starts
    unsigned flags = 0;  // open, status, remove
    unsigned mode = 0;   // open, make_directory
    char const* path = nullptr;
    char const* new_path = nullptr;  // rename; relative to the same directory
    void* into = nullptr;            // read
    void const* from = nullptr;      // write
    std::uint64_t bytes = 0;         // read, write; truncate: the new size
    std::uint64_t at = at_position;  // read, write
    struct statx* about = nullptr;   // status
};

/// Makes a call that returns -1 and leaves its error in `errno`, again if a signal interrupted it.
template <class Call>
call_result repeat_call(Call const& call) noexcept {
    for (;;) {
        call_result const done = calls::result(call());
        if (done.error != EINTR) return done;
    }
}

/// Makes the call, again if a signal interrupted it. Never waits for anything but the call itself, and is no point of
/// cancellation: for whoever is allowed to block.
call_result make_call(file_request const& request) noexcept;

/// Has the call made. `bytes` is its result: a number of bytes, a descriptor.
/// Blocks: until the call has ended.
/// Errors: besides those of the call ECANCELED or ETIMEDOUT, with `cancelled`, if the fiber was cancelled before it
/// began.
outcome perform(file_request const& request);

/// Makes `calls()`, several calls that end in one `call_result`, in one trip. Exceptions of `calls` pass through.
/// Blocks: until they have ended.
/// Errors: as `perform`.
template <class Calls>
outcome off_worker(Calls const& calls) {
    call_result done;
    try {
        done = blocking(calls);
    } catch (deadline_exceeded const&) {
        return {0, ETIMEDOUT, true};
    } catch (cancelled const&) {
        return {0, ECANCELED, true};
    } catch (std::system_error const& no_thread) {
        return {0, no_thread.code().value()};
    }
    return {done.value, done.error};
}

/// The same, whatever has become of the fiber: for closing and cleaning up. Without memory or a thread to make them on,
/// the calls are made here: better to hold up the worker than to lose a descriptor. They throw nothing.
template <class Calls>
outcome off_worker_shielded(Calls const& calls) noexcept {
    this_fiber::shield const whatever_happens;
    bool made = false;
    call_result done;
    try {
        off_worker([&] {
            made = true;
            return done = calls();
        });
    } catch (std::bad_alloc const&) {  // no thread either
    }
    if (!made) done = calls();
    return {done.value, done.error};
}

/// `perform`, whatever has become of the fiber.
outcome perform_shielded(file_request const& request) noexcept;

}  // namespace weft::detail
