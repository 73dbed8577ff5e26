#include "file_operation.hpp"

#include "ring_file.hpp"

namespace weft::detail {

namespace {

using kind = file_request::kind;

call_result read(file_request const& r) noexcept {
    if (r.at == file_request::at_position) return calls::result(os().read(r.fd, r.into, r.bytes));
    return calls::result(os().pread(r.fd, r.into, r.bytes, static_cast<off_t>(r.at)));
}

call_result write(file_request const& r) noexcept {
    if (r.at == file_request::at_position) return calls::result(os().write(r.fd, r.from, r.bytes));
    return calls::result(os().pwrite(r.fd, r.from, r.bytes, static_cast<off_t>(r.at)));
}

call_result call_once(file_request const& r) noexcept {
    auto const flags = static_cast<int>(r.flags);
    switch (r.what) {
    case kind::open: return calls::result(os().openat(r.fd, r.path, flags, r.mode));
    case kind::close: return calls::result(os().close(r.fd));
    case kind::read: return read(r);
    case kind::write: return write(r);
    case kind::sync: return calls::result(os().fsync(r.fd));
    case kind::sync_data: return calls::result(os().fdatasync(r.fd));
    case kind::truncate: return calls::result(os().ftruncate(r.fd, static_cast<off_t>(r.bytes)));
    case kind::status: return calls::result(os().statx(r.fd, r.path, flags, STATX_BASIC_STATS | STATX_BTIME, r.about));
    case kind::make_directory: return calls::result(os().mkdirat(r.fd, r.path, r.mode));
    case kind::remove: return calls::result(os().unlinkat(r.fd, r.path, flags));
    case kind::rename: return calls::result(os().renameat(r.fd, r.path, r.fd, r.new_path));
    }
    return {0, EINVAL};
}

}  // namespace

call_result make_call(file_request const& request) noexcept {
    for (;;) {
        call_result const done = call_once(request);
        if (done.error != EINTR) return done;
        // Linux has given the number back, also when it reports an interruption.
        if (request.what == kind::close) return {};
    }
}

outcome perform(file_request const& request) {
    if (auto const done = perform_on_ring(request, interruptible::yes)) return *done;
    return off_worker([&request] { return make_call(request); });
}

outcome perform_shielded(file_request const& request) noexcept {
    if (auto const done = perform_on_ring(request, interruptible::no)) return *done;
    return off_worker_shielded([&request] { return make_call(request); });
}

}  // namespace weft::detail
