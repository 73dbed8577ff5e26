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
    enum class kind : std::uint8_t { receive, send, source, deadline, otherwise };

    virtual ~select_entry() = default;

    /// Runs the handler of the chosen case, after every loser is unlinked. Its exceptions propagate.
    virtual void complete() = 0;
    /// Before each select: forgets the value of an earlier one. Only dynamic cases are used twice.
    virtual void prepare() {}

    kind what = kind::otherwise;
    channel_core* channel = nullptr;  // receive, send; null: a nil channel, never ready
    void* element = nullptr;          // send: the value; receive: an empty std::optional of the channel's element
    select_source* source = nullptr;  // source
    clock::time_point deadline{};     // deadline; min(): has passed

    // The select's own.
    channel_result outcome = channel_result::would_wait;
    channel_waiter node;
    bool armed = false;
};

/// Waits until a case can run, acts for it, and returns its index. `order` has room for twice as many numbers as there
/// are cases.
std::size_t run_select(std::span<select_entry* const> cases, std::uint32_t* order, bool in_order);

}  // namespace weft::detail
