#include "signal_wishes.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <utility>

namespace weft::detail {

signal_wishes& signal_wishes::instance() noexcept {
    static auto* forever = new signal_wishes;  // its thread may outlive static destruction
    return *forever;
}

void signal_wishes::wish::give(int signal) const {
    if (!cancels) return static_cast<void>(to.try_send(signal));  // full, or closed: lost
    std::exception_ptr cause;
    try {
        throw signals::interrupted(signal);
    } catch (...) {
        cause = std::current_exception();  // without memory another one
    }
    (*cancels)(cause);
}

signal_wishes::signal_set signal_wishes::checked(std::span<int const> which) {
    signal_set all;
    for (int const signal : which) {
        signal_actions::check(signal);
        all.set(static_cast<std::size_t>(signal));
    }
    if (all.none()) throw std::invalid_argument("weft::signals: name the signals; there is no default");
    return all;
}

// ---------------------------------------------------------------- wishes come

void signal_wishes::add(send_chan<int> const& to, std::span<int const> which) {
    if (!to) throw std::invalid_argument("weft::signals::notify: the channel is nil");
    signal_set const set = checked(which);
    std::scoped_lock guard(lock_);
    auto const known =
        std::find_if(wishes_.begin(), wishes_.end(), [&](wish const& w) { return !w.cancels && w.to == to; });
    if (known != wishes_.end()) {
        catch_all(set);
        known->which |= set;
        return;
    }
    std::list<wish> fresh;
    fresh.push_back({0, to, std::nullopt, set});
    add_locked(fresh);
}

std::uint64_t signal_wishes::add(cancel_function const& cancels, std::span<int const> which) {
    signal_set const set = checked(which);
    std::list<wish> fresh;
    fresh.push_back({0, {}, cancels, set});
    std::scoped_lock guard(lock_);
    std::uint64_t const id = fresh.front().id = ++last_id_;
    add_locked(fresh);
    return id;
}

void signal_wishes::add_locked(std::list<wish>& added) {
    if (!runs_) start_thread();
    try {
        catch_all(added.front().which);
    } catch (...) {
        if (wishes_.empty()) signal_actions::ring();  // the thread is not needed after all
        throw;
    }
    wishes_.splice(wishes_.end(), added);
    if (!expected_) expected_.emplace();
}

void signal_wishes::catch_all(signal_set const& which) {
    for (int signal = 1; signal != signal_limit; ++signal) {
        if (!which[static_cast<std::size_t>(signal)] || actions_.is_caught(signal)) continue;
        try {
            actions_.catch_signal(signal);
            if (signal == SIGQUIT) claim_quit_signal(true);  // not before: then nobody would answer it for a moment
        } catch (...) {
            restore_all_but(wanted());
            throw;
        }
    }
}

// ---------------------------------------------------------------- wishes end

signal_wishes::signal_set signal_wishes::wanted() const noexcept {
    signal_set all;
    for (wish const& w : wishes_) all |= w.which;
    return all;
}

// Before the wishes end: what has come until then is still given to them, and does not get lost in between.
void signal_wishes::restore_all_but(signal_set const& still) noexcept {
    for (int signal = 1; signal != signal_limit; ++signal) {
        if (still[static_cast<std::size_t>(signal)] || !actions_.is_caught(signal)) continue;
        if (signal == SIGQUIT) claim_quit_signal(false);
        actions_.restore(signal);
    }
    give_what_came();
}

template <class Ends>
std::list<signal_wishes::wish> signal_wishes::remove_locked(Ends const& ends) noexcept {
    signal_set still;
    for (wish const& w : wishes_)
        if (!ends(w)) still |= w.which;
    restore_all_but(still);
    std::list<wish> ended;
    for (auto at = wishes_.begin(); at != wishes_.end();) {
        auto const next = std::next(at);
        if (ends(*at)) ended.splice(ended.end(), wishes_, at);
        at = next;
    }
    if (wishes_.empty() && !ended.empty()) {
        expected_.reset();
        signal_actions::ring();
    }
    return ended;
}

// Whoever wants other signals as well keeps those.
std::list<signal_wishes::wish> signal_wishes::drop_locked(signal_set const& dropped) noexcept {
    restore_all_but(wanted() & ~dropped);
    for (wish& w : wishes_) w.which &= ~dropped;
    return remove_locked([](wish const& w) { return w.which.none(); });
}

void signal_wishes::remove(send_chan<int> const& to) noexcept {
    std::list<wish> ended;
    std::scoped_lock guard(lock_);
    ended = remove_locked([&](wish const& w) { return !w.cancels && w.to == to; });
}

void signal_wishes::remove(std::uint64_t id) noexcept {
    std::list<wish> ended;
    std::scoped_lock guard(lock_);
    ended = remove_locked([&](wish const& w) { return w.cancels && w.id == id; });
}

void signal_wishes::ignore(std::span<int const> which) {
    signal_set const set = checked(which);
    std::list<wish> ended;
    std::scoped_lock guard(lock_);
    // First: what they did before, which may be to end the program, they shall not do for a moment either.
    for (int signal = 1; signal != signal_limit; ++signal) {
        if (!set[static_cast<std::size_t>(signal)]) continue;
        if (signal == SIGQUIT && actions_.is_caught(signal)) claim_quit_signal(false);
        actions_.ignore(signal);
    }
    ended = drop_locked(set);
}

void signal_wishes::reset(std::span<int const> which) {
    signal_set const set = checked(which);
    std::list<wish> ended;
    std::scoped_lock guard(lock_);
    ended = drop_locked(set);
    for (int signal = 1; signal != signal_limit; ++signal)
        if (set[static_cast<std::size_t>(signal)]) actions_.restore(signal);
}

void signal_wishes::reset_all() noexcept {
    std::list<wish> ended;
    std::scoped_lock guard(lock_);
    ended = remove_locked([](wish const&) { return true; });
    for (int signal = 1; signal != signal_limit; ++signal) actions_.restore(signal);
}

// ---------------------------------------------------------------- the thread

void signal_wishes::give_what_came() noexcept {
    for (int signal = 1; signal != signal_limit; ++signal)
        if (actions_.take(signal))
            for (wish const& w : wishes_)
                if (w.which[static_cast<std::size_t>(signal)]) w.give(signal);
}

void signal_wishes::start_thread() {
    // It takes no signals itself.
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        std::thread(&signal_wishes::work, this).detach();
        runs_ = true;
    } catch (...) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void signal_wishes::work() noexcept {
    outside_thread const counted;
    for (;;) {
        signal_actions::wait_for_bell();
        std::scoped_lock guard(lock_);
        give_what_came();
        if (!wishes_.empty()) continue;
        runs_ = false;
        return;
    }
}

}  // namespace weft::detail
