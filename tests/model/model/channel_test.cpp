// Channels and select: what was sent is received once, and nobody waits for what has happened. channel_core.cpp and select.cpp as
// they are.
#include <weft/detail/channel.hpp>
#include <weft/detail/channel_calls.hpp>
#include <weft/error.hpp>
#include <weft/select.hpp>

#include <optional>
#include <utility>

#include "model_fiber.hpp"
#include "model_test.hpp"

using weft::detail::channel;
using weft_model::bounds;
using weft_model::check_finds;
using weft_model::check_holds;
using weft_model::handed_over;
using weft_model::mutation;
using weft_model::require;

namespace {

constexpr auto acquire = std::memory_order_acquire;
constexpr auto relaxed = std::memory_order_relaxed;

// What handles are to a select, without the counting.
struct reference {
    channel<int>* to;
    channel<int>* core() const noexcept { return to; }
};
auto on_recv(channel<int>& c, std::optional<int>& slot) {
    return weft::detail::receive_case<int, std::optional<int>&>(reference{&c}, slot);
}
auto on_send(channel<int>& c, int& value, weft::detail::no_handler&& f) {
    return weft::detail::send_case<int, int&, weft::detail::no_handler>(reference{&c}, value,
                                                                        std::forward<weft::detail::no_handler>(f));
}

// Counts what goes in and what comes out; the numbers 1 and 2 have contents that must arrive with them.
struct traffic {
    /// False: the channel was closed.
    bool send(channel<int>& to, int n) {
        contents[n].set(n);
        try {
            weft::detail::send(&to, n);
        } catch (weft::closed_channel const&) {
            return false;
        }
        ++sent;
        return true;
    }
    void note(int n) {
        require(n == 1 || n == 2, "garbage was received");
        require(contents[n].get() == n, "a value came without its contents");
        contents[n].set(0);
        ++received;
    }
    handed_over<int> contents[3];
    int sent = 0, received = 0;
};

// A sender, a receiver, and somebody who closes.
template <std::size_t Capacity, int Values>
struct closing : weft_model::fiber_scenario<2, 1> {
    void fiber(std::size_t number) override {
        if (number == 0) {
            for (int n = 1; n <= Values; ++n)
                if (!seen.send(ch, n)) return;
        } else {
            while (std::optional<int> const n = weft::detail::receive(&ch)) seen.note(*n);
        }
    }
    void other(std::size_t) override { ch.close(); }
    void finish() override { require(seen.sent == seen.received, "a value was lost or made up"); }
    channel<int> ch{Capacity};
    traffic seen;
};

// A receiver that is cancelled while a sender comes; it closes, so that the sender does not wait for ever.
struct cancelling : weft_model::fiber_scenario<2, 1> {
    void fiber(std::size_t number) override {
        if (number == 0) {
            seen.send(ch, 1);
            return;
        }
        try {
            if (std::optional<int> const n = weft::detail::receive(&ch)) seen.note(*n);
        } catch (weft::cancelled const&) {
            ch.close();
        }
    }
    void other(std::size_t) override { this->fibers[1].cancel(); }
    void finish() override { require(seen.sent == seen.received, "a value was lost or made up"); }
    channel<int> ch{0};
    traffic seen;
};

// A select of two channels: one is sent to, the other closed.
struct selecting : weft_model::fiber_scenario<2, 1> {
    void fiber(std::size_t number) override {
        if (number == 1) {
            require(seen.send(a, 1), "a channel that nobody closed was closed");
            return;
        }
        std::optional<int> from_a, from_b;
        std::size_t const chosen = weft::select(on_recv(a, from_a), on_recv(b, from_b));
        require(!from_b, "a value came out of nothing");
        require(chosen == 1 || from_a, "the case that was chosen had not happened");
        if (chosen == 1) from_a = weft::detail::receive(&a);
        require(from_a.has_value(), "a channel that nobody closed was closed");
        seen.note(*from_a);
    }
    void other(std::size_t) override { b.close(); }
    void finish() override { require(seen.sent == 1 && seen.received == 1, "a value was lost or made up"); }
    channel<int> a{0}, b{0};
    traffic seen;
};

// Two selects that meet, and neither is its own partner.
struct meeting : weft_model::fiber_scenario<2> {
    void fiber(std::size_t number) override {
        channel<int>& in = number == 0 ? a : b;
        channel<int>& out = number == 0 ? b : a;
        std::optional<int> got;
        int value = static_cast<int>(number) + 1;
        if (weft::select(on_recv(in, got), on_send(out, value, {})) == 0) {
            require(got == 2 - static_cast<int>(number), "a select received what it sent itself");
            ++received;
        } else {
            ++sent;
        }
    }
    void finish() override { require(sent == 1 && received == 1, "two selects did not meet"); }
    channel<int> a{0}, b{0};
    int sent = 0, received = 0;
};

constexpr char const* sender_waits = "nobody can go on, and for ever thread 0 waits in park_then";
constexpr char const* both_wait =
    "nobody can go on, and for ever thread 0 waits in park_then, thread 1 waits in park_then";

}  // namespace

TEST_CASE("a close lets nobody wait and loses nothing", "[model][channel]") {
    check_holds<closing<0, 1>>("close, unbuffered", {.preemptions = 3, .stale_reads = 2});
    check_holds<closing<1, 2>>("close, buffered", {.preemptions = 2, .stale_reads = 1});
    bounds const narrow{.preemptions = 1, .stale_reads = 1};
    // A sender that does not look under the lock whether the channel is closed.
    check_finds<closing<0, 1>>(sender_waits, narrow, mutation::blind("send_or_lock", relaxed, 0));
    // A receiver that does not look for values that are left.
    check_finds<closing<1, 2>>("a value was lost or made up", narrow, mutation::blind("receive_or_lock", relaxed, 0));
}

TEST_CASE("a cancelled receive takes no value", "[model][channel]") {
    check_holds<cancelling>("cancelled receive", {.preemptions = 2, .stale_reads = 2});
    bounds const narrow{.preemptions = 1, .stale_reads = 1};
    // A canceller that takes a late wait for a parked one.
    using weft::detail::waiter;
    check_finds<cancelling>(
        "two stood on one stack", narrow,
        mutation::blind("claim_cancelled", acquire, 1 << waiter::generation_shift | waiter::late | waiter::parked));
}

TEST_CASE("a select runs one case that has happened, and leaves the others as they were", "[model][select]") {
    check_holds<selecting>("select, send and close", {.preemptions = 2, .stale_reads = 1});
    check_holds<meeting>("two selects", {.preemptions = 2, .stale_reads = 2});
    bounds const narrow{.preemptions = 1, .stale_reads = 1};
    // Not to look again once all locks are held.
    check_finds<meeting>(both_wait, narrow, mutation::blind("empty", acquire, 0));
}
