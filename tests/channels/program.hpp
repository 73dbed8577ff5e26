// Small programs of channels: a few fibers, each with a few operations on a few channels, and what came of them when they ran.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/seed.hpp"

namespace weft_test {

using channel_value = std::uint32_t;

/// One direction on one channel: what a plain call is made of, and each case of a select.
struct channel_case {
    enum class direction : bool { send, receive };

    std::optional<std::size_t> channel;  // none: nil
    direction way = direction::receive;
    channel_value value = 0;  // to send; no other operation of the program sends the same
};

/// What one fiber does next. With one case it is a plain call or a select, with several a select.
struct operation {
    enum class kind : std::uint8_t { transfer, close };
    enum class patience : std::uint8_t { waits, tries, times_out };
    enum class form : std::uint8_t { call, typed_select, dynamic_select };

    kind what = kind::transfer;
    std::vector<channel_case> cases;  // of a close: the channel
    patience waits = patience::waits;
    form how = form::call;
    unsigned timeout_us = 0;
    unsigned yields_before = 0;
};

/// How an operation ended.
struct outcome {
    enum class status : std::uint8_t {
        done,       // a value went through, or the channel was closed
        drained,    // a receive found the channel closed
        refused,    // closed_channel was thrown
        not_ready,  // would_block, or otherwise
        timed_out,
        withdrawn  // it waited until everything was quiet, and was cancelled then
    };

    status how = status::withdrawn;
    std::size_t chosen = 0;   // which case, if done or drained
    channel_value value = 0;  // received, if a receive is done

    friend bool operator==(outcome const&, outcome const&) = default;
};

struct program {
    std::vector<std::size_t> capacities;         // of the channels
    std::vector<std::vector<operation>> fibers;  // what each does, in order
};

/// What happened, in the order in which it was seen: an operation cannot have acted before its beginning nor after its end.
struct event {
    enum class kind : std::uint8_t { begins, ends, quiet };

    kind what;
    std::size_t operation = 0;  // an index into history::operations
};

struct history {
    struct entry {
        std::size_t fiber;  // one more than there are: the one who drains the channels in the end
        operation did;
        outcome result;
    };

    std::vector<std::size_t> capacities;
    std::vector<entry> operations;
    std::vector<event> events;
};

/// A program of at most 4 fibers with at most 4 operations each.
program make_program(engine& dice);

/// For failures.
std::string to_text(program const& p);
std::string to_text(history const& h);

}  // namespace weft_test
