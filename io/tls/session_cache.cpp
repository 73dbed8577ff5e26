#include "session_cache.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

namespace weft::detail {

namespace {

bool is_for_one_use(SSL_SESSION const* session) noexcept {
    return SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
}

}  // namespace

void session_cache::put(std::string const& server, session_handle session) {
    std::lock_guard const guard(lock_);
    auto const is_same = [&](entry const& e) { return e.server == server; };
    auto const held = static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), is_same));
    if (held == most_per_server || (held != 0 && !is_for_one_use(session.get()))) {
        entries_.erase(std::find_if(entries_.begin(), entries_.end(), is_same));
    } else if (entries_.size() == most_entries) {
        entries_.pop_front();
    }
    entries_.push_back({server, std::move(session)});
}

session_handle session_cache::take(std::string const& server) {
    std::lock_guard const guard(lock_);
    auto const newest =
        std::find_if(entries_.rbegin(), entries_.rend(), [&](entry const& e) { return e.server == server; });
    if (newest == entries_.rend()) return nullptr;
    if (!is_for_one_use(newest->session.get())) {
        SSL_SESSION_up_ref(newest->session.get());
        return session_handle(newest->session.get());
    }
    session_handle taken = std::move(newest->session);
    entries_.erase(std::prev(newest.base()));
    return taken;
}

void session_cache::forget(std::string const& server) {
    std::lock_guard const guard(lock_);
    std::erase_if(entries_, [&](entry const& e) { return e.server == server; });
}

}  // namespace weft::detail
