#include <weft/watch.hpp>

#include "file_failure.hpp"
#include "watch_state.hpp"

#include <utility>

namespace weft::fs {

namespace {

using namespace detail;

constexpr auto what = "weft::fs::watcher";

void check(outcome const& o, std::string const& root) {
    if (o.error == 0) return;
    std::string text = std::string(what) + ": " + root;
    if (o.error == ENOSPC) text += ": as many directories are watched as fs.inotify.max_user_watches allows";
    if (o.error == EMFILE)
        text +=
            ": as many watchers or files are open as fs.inotify.max_user_instances or the "
            "limit of open files allows";
    throw_failure(o, text);
}

}  // namespace

watcher::watcher() noexcept = default;
watcher::watcher(path_view root, watch_options options) : state_(std::make_unique<watch_state>()) {
    check(state_->begin(root, options), state_->root());
}
watcher::watcher(path_view root, watch_options options, std::error_code& ec) : state_(std::make_unique<watch_state>()) {
    outcome const begun = reporting(ec, [&] { return state_->begin(root, options); });
    if (!ec) report(begun, ec);
    if (ec) state_.reset();
}
watcher::watcher(watcher&& other) noexcept = default;
watcher& watcher::operator=(watcher&& other) noexcept = default;
watcher::~watcher() = default;

std::optional<watch_event> watcher::next() {
    std::optional<watch_event> event;
    if (state_ != nullptr) check(state_->next(event, true), state_->root());
    return event;
}
std::optional<watch_event> watcher::next(std::error_code& ec) {
    std::optional<watch_event> event;
    report(state_ == nullptr ? outcome{} : state_->next(event, true), ec);
    return event;
}

std::optional<watch_event> watcher::try_next() {
    std::optional<watch_event> event;
    if (state_ != nullptr) check(state_->next(event, false), state_->root());
    return event;
}

void watcher::deliver(send_chan<watch_event> const& to) {
    while (std::optional<watch_event> event = next()) to.send(std::move(*event));
}

void watcher::set_deadline(clock::time_point t) {
    if (state_ != nullptr) state_->events()->set_deadline(direction::read, t);
}
void watcher::clear_deadline() { set_deadline(clock::time_point::max()); }

void watcher::close() noexcept {
    if (state_ != nullptr) state_->close();
}

bool watcher::is_open() const noexcept {
    return state_ != nullptr && !state_->is_over() && state_->events()->is_open();
}

// What has been read already is ready at once, and so is a watcher that watches nothing: as an object without a socket.
detail::readiness_source watcher::readiness() const noexcept {
    bool const at_once = state_ == nullptr || state_->has_ready();
    return {at_once ? nullptr : state_->events(), direction::read};
}

}  // namespace weft::fs
