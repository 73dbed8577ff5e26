#pragma once
// Who wants which signals, and the thread that passes them on.
//
//     handler        notes a signal, rings
//     thread         on a ring: under the lock, gives each signal that has come to everybody who wants it
//
// Invariants: a signal is caught while somebody wants it. What came before a wish ends has been given to it when that returns.
//             runs_ while there are wishes; the thread ends, and lowers it under the lock, when it finds none.
// Lock order: lock_ comes before the locks of channels and contexts; nobody waits with it.
// Rejected:   a fiber: it would belong to a runtime, and end with it. A signalfd: it takes only signals that every thread of
//             the process blocks, and weft does not start every thread.

#include "signal_actions.hpp"

#include <weft/detail/outside_source.hpp>
#include <weft/signals.hpp>

#include <bitset>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <span>

namespace weft::detail {

class signal_wishes {
public:
    static signal_wishes& instance() noexcept;

    // Errors: `std::invalid_argument`, `std::system_error`, `std::bad_alloc`; nothing has changed then.
    void add(send_chan<int> const& to, std::span<int const> which);
    std::uint64_t add(cancel_function const& cancels, std::span<int const> which);
    void ignore(std::span<int const> which);
    void reset(std::span<int const> which);

    void remove(send_chan<int> const& to) noexcept;
    void remove(std::uint64_t id) noexcept;
    void reset_all() noexcept;

private:
    using signal_set = std::bitset<signal_limit>;

    struct wish {
        std::uint64_t id = 0;                    // of a context
        send_chan<int> to;                       // or this
        std::optional<cancel_function> cancels;  // or this
        signal_set which;

        void give(int signal) const;
    };

    static signal_set checked(std::span<int const> which);
    void add_locked(std::list<wish>& added);
    // What ended is for the caller to destroy, without the lock: it may hold what users put into a context.
    template <class Ends>
    std::list<wish> remove_locked(Ends const& ends) noexcept;
    std::list<wish> drop_locked(signal_set const& dropped) noexcept;
    signal_set wanted() const noexcept;
    void catch_all(signal_set const& which);
    void restore_all_but(signal_set const& still) noexcept;
    void give_what_came() noexcept;
    void start_thread();
    void work() noexcept;

    std::mutex lock_;  // guards everything
    signal_actions& actions_ = signal_actions::instance();
    std::list<wish> wishes_;
    std::optional<outside_source> expected_;  // while there are wishes
    std::uint64_t last_id_ = 0;
    bool runs_ = false;
};

}  // namespace weft::detail
