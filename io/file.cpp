#include <weft/file.hpp>

#include "file_failure.hpp"
#include "file_record.hpp"
#include "scoped_fd.hpp"
#include "status_of.hpp"

#include <utility>

namespace weft::fs {

namespace {

using namespace detail;

// -1: the options make no sense.
int flags_of(open_options const& o) noexcept {
    bool const write = o.write || o.append;
    if (!o.read && !write) return -1;
    int flags = !write ? O_RDONLY : o.read ? O_RDWR : O_WRONLY;
    if (o.append) flags |= O_APPEND;
    if (o.create) flags |= O_CREAT;
    if (o.exclusive) flags |= O_EXCL;
    if (o.truncate) flags |= O_TRUNC;
    if (o.no_follow) flags |= O_NOFOLLOW;
    if (o.non_blocking) flags |= O_NONBLOCK;
    return flags | O_CLOEXEC | O_NOCTTY;
}

outcome open_file(path_view path, open_options const& options) {
    path_text const text(path);
    int const flags = flags_of(options);
    if (text.error() != 0 || flags < 0) return {0, EINVAL};
    file_request request{file_request::kind::open, AT_FDCWD};
    request.path = text.c_str();
    request.flags = static_cast<unsigned>(flags);
    request.mode = options.permissions;
    return perform(request);
}

outcome move_position(file_record* record, std::int64_t offset, seek_from from) {
    constexpr int origins[] = {SEEK_SET, SEEK_CUR, SEEK_END};
    return file_record::with_position(
        record, [=](int fd) { return calls::result(os().lseek(fd, offset, origins[static_cast<int>(from)])); });
}

outcome ask(file_record* record, metadata& about) {
    struct statx found {};
    file_request request{file_request::kind::status};
    request.path = "";
    request.flags = AT_EMPTY_PATH;
    request.about = &found;
    outcome const asked = file_record::perform(record, request);
    if (asked.error == 0) about = metadata_of(found);
    return asked;
}

outcome change_size(file_record* record, std::uint64_t size) {
    file_request request{file_request::kind::truncate};
    request.bytes = size;
    return file_record::perform(record, request);
}

constexpr auto at_position = file_request::at_position;

// A position of the caller's is never the one that stands for "none": off_t has no such value.
constexpr std::uint64_t checked_offset(std::uint64_t offset) noexcept {
    return offset == at_position ? at_position - 1 : offset;
}

outcome write_checked(file_record* record, std::span<std::byte const> buffer, std::uint64_t at, bool everything,
                      char const* what) {
    outcome const o = file_record::write(record, buffer, at, everything);
    if (o.error == 0) return o;
    throw_failure(o, std::string(what) + ": " + std::to_string(o.bytes) + " of " + std::to_string(buffer.size()) +
                         " bytes written");
}

constexpr open_options to_read{.read = true};
constexpr open_options to_create{.read = true, .write = true, .create = true, .truncate = true};

}  // namespace

file::file() noexcept = default;
file::file(int fd, bool written) : record_(std::make_unique<file_record>(fd, written)) {}
file::file(file&& other) noexcept = default;
file& file::operator=(file&& other) noexcept {
    file old;
    old.record_ = std::exchange(record_, std::move(other.record_));
    return *this;
}
file::~file() = default;

file file::open(path_view path, open_options const& options) {
    outcome const opened = open_file(path, options);
    checked(opened, "weft::fs::open", path);
    return adopt(static_cast<int>(opened.bytes), options.write || options.append);
}
file file::open(path_view path, open_options const& options, std::error_code& ec) {
    outcome const opened = open_file(path, options);
    report(opened, ec);
    if (ec) return {};
    return adopt(static_cast<int>(opened.bytes), options.write || options.append);
}
file file::from_native(int fd) { return adopt(fd, true); }

file file::adopt(int fd, bool written) {
    try {
        return file(fd, written);
    } catch (...) {
        perform_shielded({file_request::kind::close, fd});
        throw;
    }
}

std::size_t file::read_at(std::span<std::byte> buffer, std::uint64_t offset) {
    return checked(file_record::read(record_.get(), buffer, checked_offset(offset), true), "weft::fs::file::read_at");
}
std::size_t file::read_at(std::span<std::byte> buffer, std::uint64_t offset, std::error_code& ec) {
    return report(file_record::read(record_.get(), buffer, checked_offset(offset), true), ec);
}

std::size_t file::write_at(std::span<std::byte const> buffer, std::uint64_t offset) {
    return write_checked(record_.get(), buffer, checked_offset(offset), true, "weft::fs::file::write_at").bytes;
}
std::size_t file::write_at(std::span<std::byte const> buffer, std::uint64_t offset, std::error_code& ec) {
    return report(file_record::write(record_.get(), buffer, checked_offset(offset), true), ec);
}

std::size_t file::read_some(std::span<std::byte> buffer) {
    return checked(file_record::read(record_.get(), buffer, at_position, false), "weft::fs::file::read_some");
}
std::size_t file::read_some(std::span<std::byte> buffer, std::error_code& ec) {
    return report(file_record::read(record_.get(), buffer, at_position, false), ec);
}

std::size_t file::read_exact(std::span<std::byte> buffer) {
    return checked(file_record::read(record_.get(), buffer, at_position, true), "weft::fs::file::read_exact");
}
std::size_t file::read_exact(std::span<std::byte> buffer, std::error_code& ec) {
    return report(file_record::read(record_.get(), buffer, at_position, true), ec);
}

std::size_t file::write_some(std::span<std::byte const> buffer) {
    return checked(file_record::write(record_.get(), buffer, at_position, false), "weft::fs::file::write_some");
}
std::size_t file::write_some(std::span<std::byte const> buffer, std::error_code& ec) {
    return report(file_record::write(record_.get(), buffer, at_position, false), ec);
}

std::size_t file::write_all(std::span<std::byte const> buffer) {
    return write_checked(record_.get(), buffer, at_position, true, "weft::fs::file::write_all").bytes;
}
std::size_t file::write_all(std::span<std::byte const> buffer, std::error_code& ec) {
    return report(file_record::write(record_.get(), buffer, at_position, true), ec);
}

std::uint64_t file::seek(std::int64_t offset, seek_from from) {
    return checked(move_position(record_.get(), offset, from), "weft::fs::file::seek");
}
std::uint64_t file::seek(std::int64_t offset, seek_from from, std::error_code& ec) {
    return report(move_position(record_.get(), offset, from), ec);
}
std::uint64_t file::tell() {
    return checked(move_position(record_.get(), 0, seek_from::current), "weft::fs::file::tell");
}

void file::sync() { checked(file_record::perform(record_.get(), {file_request::kind::sync}), "weft::fs::file::sync"); }
void file::sync(std::error_code& ec) { report(file_record::perform(record_.get(), {file_request::kind::sync}), ec); }
void file::sync_data() {
    checked(file_record::perform(record_.get(), {file_request::kind::sync_data}), "weft::fs::file::sync_data");
}
void file::sync_data(std::error_code& ec) {
    report(file_record::perform(record_.get(), {file_request::kind::sync_data}), ec);
}

void file::truncate(std::uint64_t size) { checked(change_size(record_.get(), size), "weft::fs::file::truncate"); }
void file::truncate(std::uint64_t size, std::error_code& ec) { report(change_size(record_.get(), size), ec); }

metadata file::status() {
    metadata about;
    checked(ask(record_.get(), about), "weft::fs::file::status");
    return about;
}
metadata file::status(std::error_code& ec) {
    metadata about;
    report(ask(record_.get(), about), ec);
    return about;
}
std::uint64_t file::size() { return status().size; }
std::uint64_t file::size(std::error_code& ec) { return status(ec).size; }

bool file::lock_until(int how, clock::time_point t, char const* what) {
    outcome const locked = file_record::lock(record_.get(), how, t);
    if (locked.error == EWOULDBLOCK) return false;
    checked(locked, what);
    return true;
}
void file::lock() { lock_until(LOCK_EX, clock::time_point::max(), "weft::fs::file::lock"); }
bool file::try_lock() { return lock_until(LOCK_EX, clock::time_point::min(), "weft::fs::file::try_lock"); }
bool file::try_lock_until(clock::time_point t) { return lock_until(LOCK_EX, t, "weft::fs::file::try_lock_until"); }
void file::lock_shared() { lock_until(LOCK_SH, clock::time_point::max(), "weft::fs::file::lock_shared"); }
bool file::try_lock_shared() {
    return lock_until(LOCK_SH, clock::time_point::min(), "weft::fs::file::try_lock_shared");
}
bool file::try_lock_shared_until(clock::time_point t) {
    return lock_until(LOCK_SH, t, "weft::fs::file::try_lock_shared_until");
}
void file::unlock() noexcept { file_record::unlock(record_.get()); }
void file::unlock_shared() noexcept { unlock(); }

void file::close() noexcept {
    std::error_code nobody_asks;
    close(nobody_asks);
}
void file::close(std::error_code& ec) noexcept { report({0, record_ == nullptr ? 0 : record_->close()}, ec); }
bool file::is_open() const noexcept { return record_ != nullptr && record_->is_open(); }
int file::native_handle() const noexcept { return record_ == nullptr ? -1 : record_->number(); }

file open(path_view path) { return file::open(path, to_read); }
file open(path_view path, std::error_code& ec) { return file::open(path, to_read, ec); }
file create(path_view path) { return file::open(path, to_create); }
file create(path_view path, std::error_code& ec) { return file::open(path, to_create, ec); }

}  // namespace weft::fs
