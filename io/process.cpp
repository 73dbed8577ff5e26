#include <weft/process.hpp>

#include "child_process.hpp"
#include "failure.hpp"
#include "start_child.hpp"

#include <weft/blocking.hpp>
#include <weft/error.hpp>

namespace weft {

using namespace detail;

namespace {

child_process& existing(std::unique_ptr<child_process> const& child, char const* what) {
    if (child == nullptr) throw std::system_error(ECHILD, std::generic_category(), what);
    return *child;
}

// Cancellation ends the child.
bool wait_or_end(child_process& child, clock::time_point deadline) {
    try {
        return child.wait_until(deadline);
    } catch (cancelled const&) {
        child.terminate(child.grace());
        throw;
    }
}

template <class End>
End wrapped(owned_number& number) {
    if (number.get() < 0) return {};
    return socket_access::make<End>(descriptor::open(number.release(), poller_for_new_socket(), descriptor_kind::file));
}

}  // namespace

process::process() noexcept = default;
process::process(process&& other) noexcept = default;

process::process(std::vector<std::string> command, process_options options) {
    poller_for_new_socket();  // refuses before anything is started
    started_child started = blocking([&] { return start_child(command, options); });
    descriptor& end = descriptor::open(started.watch.end.release(), poller_for_new_socket(), descriptor_kind::file);
    try {
        child_ = std::make_unique<child_process>(started.child.number(), options.own_group, options.grace, end,
                                                 std::move(started.watch.helper));
    } catch (...) {
        end.release();
        throw;
    }
    started.child.release();
    try {
        input_ = wrapped<pipe_writer>(started.streams[0]);
        output_ = wrapped<pipe_reader>(started.streams[1]);
        errors_ = wrapped<pipe_reader>(started.streams[2]);
    } catch (...) {
        child_->terminate({});
        throw;
    }
}

process process::start(std::vector<std::string> command, process_options options, std::error_code& ec) {
    return reporting(ec, [&] { return process(std::move(command), std::move(options)); });
}

process& process::operator=(process&& other) noexcept {
    process const old(std::move(*this));  // ended when all is said and done
    child_ = std::move(other.child_);
    input_ = std::move(other.input_);
    output_ = std::move(other.output_);
    errors_ = std::move(other.errors_);
    return *this;
}

process::~process() {
    // A child that waits for them ends by itself.
    input_ = {};
    output_ = {};
    errors_ = {};
    if (child_ != nullptr) child_->terminate(child_->grace());
}

int process::id() const noexcept { return child_ == nullptr ? -1 : child_->number(); }

exit_status process::wait() {
    child_process& child = existing(child_, "weft::process::wait");
    wait_or_end(child, clock::time_point::max());
    return child.status();
}
exit_status process::wait(std::error_code& ec) {
    return reporting(ec, [&] { return wait(); });
}
bool process::wait_until(clock::time_point deadline) {
    return wait_or_end(existing(child_, "weft::process::wait_until"), deadline);
}
std::optional<exit_status> process::try_wait() {
    child_process& child = existing(child_, "weft::process::try_wait");
    if (!child.reap()) return std::nullopt;
    return child.status();
}

bool process::kill(int signal) { return existing(child_, "weft::process::kill").kill(signal); }
exit_status process::terminate(clock::duration grace) {
    child_process& child = existing(child_, "weft::process::terminate");
    child.terminate(grace);
    return child.status();
}

readiness_source process_access::end_of(process const& p) noexcept {
    return {p.child_ == nullptr ? nullptr : &p.child_->end(), direction::read};
}

}  // namespace weft
