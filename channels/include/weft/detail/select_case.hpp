#pragma once
// One case of a select, as the select sees it; written once for typed and dynamic cases and for every folder.
//
// A typed case is a `select_entry` that says what it waits for and, when it was chosen, runs its handler in `complete`.
// To add a kind of case in another folder: implement `select_source` for what it waits for, and return from your `on_…`
// function a `source_case<YourSource, Handler>` (see select.hpp for `on_join`).

#include <weft/clock.hpp>
#include <weft/detail/channel_core.hpp>
#include <weft/detail/select_source.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace weft::detail {

class select_entry {
public:
    enum class kind : std::uint8_t { receive, send, source, deadline, timeout, otherwise };

    virtual ~select_entry() = default;

    /// Runs the handler of the chosen case, after every loser is unlinked. Its exceptions propagate.
    virtual void complete() = 0;
    /// Called first in each select, before any lock: makes the value to send. May throw.
    virtual void prepare() {}

    kind what = kind::otherwise;
    channel_core* channel = nullptr;  // receive, send; null: a nil channel, never ready
    void* element = nullptr;          // send: the value; receive: an empty std::optional of the channel's element
    select_source* source = nullptr;  // source
    clock::duration when{};  // deadline: its time since the epoch; timeout: counted from the select's first look

    // The select's own, valid from where it says.
    channel_result outcome;  // of the chosen channel case
    channel_waiter node;     // from when it waits
    bool armed;              // from when it waits: the source remembers this wait
};

[[noreturn]] void throw_closed_in_select();

/// Waits until a case can run, acts for it, and returns its index. `order` has room for twice as many numbers as there are cases.
std::size_t run_select(std::span<select_entry* const> cases, std::uint32_t* order, bool in_order);

}  // namespace weft::detail
