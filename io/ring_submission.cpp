#include "ring_submission.hpp"

#include "file_operation.hpp"

#include <algorithm>

namespace weft::detail {

namespace {

// A transfer may be shorter than what was asked for.
unsigned length_of(file_request const& r) noexcept {
    return static_cast<unsigned>(std::min<std::uint64_t>(r.bytes, 1u << 30));
}

}  // namespace

void describe(io_uring_sqe& entry, descriptor::order const& o) noexcept {
    if (o.what == descriptor::order::kind::stop) {
        io_uring_prep_cancel64(&entry, o.name, 0);
        entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
        return;
    }
    switch (o.shape) {
    case request_shape::bytes:
        io_uring_prep_recv_multishot(&entry, o.fd, nullptr, 0, 0);
        entry.flags |= IOSQE_BUFFER_SELECT;
        entry.buf_group = piece_group;
        entry.ioprio |= IORING_RECVSEND_POLL_FIRST;  // a call has just found nothing
        break;
    case request_shape::connections:
        io_uring_prep_multishot_accept(&entry, o.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        break;
    case request_shape::readiness:
        io_uring_prep_poll_multishot(&entry, o.fd,
                                     (o.name & request_name::write) != 0 ? POLLOUT : POLLIN | POLLRDHUP | POLLPRI);
        break;
    }
}

void describe(io_uring_sqe& entry, file_request const& r) noexcept {
    using kind = file_request::kind;
    auto const flags = static_cast<int>(r.flags);
    switch (r.what) {
    case kind::open: return io_uring_prep_openat(&entry, r.fd, r.path, flags, r.mode);
    case kind::close: return io_uring_prep_close(&entry, r.fd);
    case kind::read: return io_uring_prep_read(&entry, r.fd, r.into, length_of(r), r.at);
    case kind::write: return io_uring_prep_write(&entry, r.fd, r.from, length_of(r), r.at);
    case kind::sync: return io_uring_prep_fsync(&entry, r.fd, 0);
    case kind::sync_data: return io_uring_prep_fsync(&entry, r.fd, IORING_FSYNC_DATASYNC);
    case kind::status:
        return io_uring_prep_statx(&entry, r.fd, r.path, flags, STATX_BASIC_STATS | STATX_BTIME, r.about);
    case kind::make_directory: return io_uring_prep_mkdirat(&entry, r.fd, r.path, r.mode);
    case kind::remove: return io_uring_prep_unlinkat(&entry, r.fd, r.path, flags);
    case kind::rename: return io_uring_prep_renameat(&entry, r.fd, r.path, r.fd, r.new_path, 0);
    case kind::truncate: break;  // never asked for
    }
    io_uring_prep_nop(&entry);
}

}  // namespace weft::detail
