#include "ring_file.hpp"

#include "ring_job.hpp"

#include <weft/detail/cancel_scope.hpp>

namespace weft::detail {

namespace {

constexpr wait_reason waiting{"a file", true};

using kind = file_request::kind;

// A test that stands between weft and the system shall stand there on every engine.
bool is_systems_own(file_request const& r) noexcept {
    system_table const& t = os();
    system_table const& s = real_system;
    bool const moves = r.at == file_request::at_position;
    switch (r.what) {
    case kind::open: return t.openat == s.openat;
    case kind::close: return t.close == s.close;
    case kind::read: return moves ? t.read == s.read : t.pread == s.pread;
    case kind::write: return moves ? t.write == s.write : t.pwrite == s.pwrite;
    case kind::sync: return t.fsync == s.fsync;
    case kind::sync_data: return t.fdatasync == s.fdatasync;
    case kind::status: return t.statx == s.statx;
    case kind::make_directory: return t.mkdirat == s.mkdirat;
    case kind::remove: return t.unlinkat == s.unlinkat;
    case kind::rename: return t.renameat == s.renameat;
    case kind::truncate: return false;  // Linux 6.9 knows it, liburing 2.3 does not
    }
    return false;
}

std::optional<outcome> outcome_of(ring_job const& job, bool was_cancelled, outcome const& cancellation) noexcept {
    if (job.result >= 0) return outcome{static_cast<std::size_t>(job.result)};
    int const error = -job.result;
    if (was_cancelled && (error == ECANCELED || error == EINTR)) return cancellation;
    // Linux has given the number back, also when it reports an interruption.
    if (job.what.what == kind::close && error == EINTR) return outcome{};
    switch (error) {
    case EINVAL:     // perhaps an operation that this kernel does not know
    case EAGAIN:     // it would have to wait for a descriptor that was opened not to
    case ECANCELED:  // not by us
    case EINTR: return {};
    default: return outcome{0, error};
    }
}

// Tag 0, or `tag_cancelled` if the fiber was cancelled meanwhile or before; only in the latter case nothing was handed in.
wait_tag begin_and_wait(request_desk& desk, ring_job& job, interruptible may_cancel, bool& begun) noexcept {
    wait w(waiting, nullptr, may_cancel);
    if (w.cancelled()) {
        if (!w.finish()) w.park();
        return tag_cancelled;
    }
    begun = true;
    job.sleeper.token = w.token();
    if (desk.hand_in(job)) desk.kick();
    return w.park();
}

void stop_and_wait(request_desk& desk, ring_job& job) noexcept {
    wait w(waiting, nullptr, interruptible::no);
    bool kick = false;
    if (!desk.stop(job, w.token(), kick)) return;  // it is done
    if (kick) desk.kick();
    w.park();
}

}  // namespace

std::optional<outcome> perform_on_ring(file_request const& request, interruptible may_cancel) noexcept {
    auto* const here = static_cast<readiness_poller*>(current_poller());
    if (here == nullptr || here->shared_watch()->desk == nullptr || !is_systems_own(request)) return {};

    // The fiber may go on elsewhere; its runtime, and with it the poller, lives as long as it does.
    watch& watched = *here->shared_watch();
    request_desk& desk = *watched.desk;
    ring_job job(request);
    bool begun = false;
    watched.descriptors.fetch_add(1, std::memory_order_relaxed);
    bool const cancelled = begin_and_wait(desk, job, may_cancel, begun) == tag_cancelled;
    outcome const cancellation{0, cancelled && cancelled_by_deadline() ? ETIMEDOUT : ECANCELED, true};
    if (cancelled && begun) stop_and_wait(desk, job);
    watched.descriptors.fetch_sub(1, std::memory_order_relaxed);
    if (!begun) return cancellation;
    return outcome_of(job, cancelled, cancellation);
}

}  // namespace weft::detail
