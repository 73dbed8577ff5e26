#pragma once
#include <weft/chan.hpp>
#include <weft/detail/context_handle.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace weft::detail {

/// Shared by a `cancel_callback` and the fiber that waits to run its function.
class callback_state {
public:
    explicit callback_state(context ctx) : ctx_(std::move(ctx)), stopped_(make_chan<unit>()) {}

    /// By the fiber: waits until the context is cancelled. False: the function was stopped.
    /// Errors: `cancelled`, when the runtime ends.
    bool wait();
    /// True: the function will not run, because of this call.
    bool stop();

private:
    enum class phase : std::uint8_t { waiting, started, stopped };

    context const ctx_;
    chan<unit> const stopped_;  // closed by `stop`
    std::atomic<phase> phase_{phase::waiting};
};

}  // namespace weft::detail
