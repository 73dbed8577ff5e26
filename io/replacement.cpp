#include <weft/replacement.hpp>

#include "file_failure.hpp"
#include "scoped_fd.hpp"
#include "unique_name.hpp"
#include "whole_file.hpp"

#include <new>
#include <optional>
#include <utility>

namespace weft::fs {

namespace {

using namespace detail;

constexpr unsigned default_permissions = 0666;

// Beside `path`, for only then a rename is all it takes. Hidden, so that those who list the directory pass it over.
std::string temporary_prefix(std::string const& path) {
    std::size_t const name = path.rfind('/') + 1;
    return path.substr(0, name) + '.' + path.substr(name, 100) + '.';
}

std::string directory_of(std::string const& path) {
    std::size_t const slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

// The rest is for code that runs off the workers.

void remove_file(char const* path) noexcept {
    file_request request{file_request::kind::remove, AT_FDCWD};
    request.path = path;
    make_call(request);
}

// Nothing: there is no such file.
std::optional<unsigned> permissions_of(std::string const& path) noexcept {
    struct statx found {};
    file_request request{file_request::kind::status, AT_FDCWD};
    request.path = path.c_str();
    request.about = &found;
    if (make_call(request).error != 0 || !S_ISREG(found.stx_mode)) return std::nullopt;
    return found.stx_mode & 07777;
}

call_result open_beside(std::string const& path, std::string& temporary) {
    std::optional<unsigned> const permissions = permissions_of(path);
    std::string name;
    // From the start no more than the old ones: whoever may not read the file must not be able to open the new one either.
    unsigned const first = permissions.value_or(default_permissions) & 0777;
    call_result const made = with_unique_name(name, temporary_prefix(path), ".tmp", [=](char const* free) {
        return open_path(free, O_RDWR | O_CREAT | O_EXCL, first);
    });
    if (made.error != 0) return made;
    temporary = std::move(name);
    if (!permissions) return made;
    call_result const set = repeat_call([&] { return os().fchmod(static_cast<int>(made.value), *permissions); });
    if (set.error == 0) return made;
    scoped_fd const unwanted(made);
    remove_file(temporary.c_str());
    return set;
}

// Once this returns without an error only the new content can be found, also after a crash.
call_result put_in_place(int fd, std::string& temporary, std::string const& path) {
    if (call_result const synced = make_call({file_request::kind::sync, fd}); synced.error != 0) return synced;
    file_request request{file_request::kind::rename, AT_FDCWD};
    request.path = temporary.c_str();
    request.new_path = path.c_str();
    if (call_result const renamed = make_call(request); renamed.error != 0) return renamed;
    temporary.clear();
    call_result const opened = open_path(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY);
    if (opened.error != 0) return opened;
    scoped_fd const directory(opened);
    call_result const synced = make_call({file_request::kind::sync, directory.get()});
    // Some file systems have no such call on directories, and need none.
    return synced.error == EINVAL ? call_result{} : synced;
}

call_result write_and_put(std::string const& path, std::span<std::byte const> content) {
    std::string temporary;
    call_result const opened = open_beside(path, temporary);
    if (opened.error != 0) return opened;
    scoped_fd const file(opened);
    call_result done = write_content(file.get(), content);
    if (done.error == 0) done = put_in_place(file.get(), temporary, path);
    if (!temporary.empty()) remove_file(temporary.c_str());
    return done;
}

outcome write_atomically(path_view path, std::span<std::byte const> content) {
    path_text const text(path);
    if (text.error() != 0) return {0, text.error()};
    return off_worker([&] { return write_and_put(text.c_str(), content); });
}

outcome begin(path_view path, std::string& text, std::string& temporary, file& content) {
    path_text const checked_text(path);
    if (checked_text.error() != 0) return {0, checked_text.error()};
    text = checked_text.c_str();
    outcome const opened = off_worker([&] { return open_beside(text, temporary); });
    if (opened.error != 0) return opened;
    try {
        content = file::from_native(static_cast<int>(opened.bytes));
    } catch (std::bad_alloc const&) {  // the number is closed; there will be no object to discard the file
        file_request request{file_request::kind::remove, AT_FDCWD};
        request.path = temporary.c_str();
        perform_shielded(request);
        throw;
    }
    return opened;
}

outcome finish(file& content, std::string& temporary, std::string const& path) {
    if (temporary.empty()) return {0, EBADF};
    int const number = content.native_handle();
    if (number < 0) return {0, ECANCELED};
    return off_worker([&] { return put_in_place(number, temporary, path); });
}

}  // namespace

replacement::replacement(path_view path) {
    checked(begin(path, path_, temporary_, content_), "weft::fs::replacement", path);
}
replacement::replacement(path_view path, std::error_code& ec) { report(begin(path, path_, temporary_, content_), ec); }
replacement::replacement(replacement&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      content_(std::move(other.content_)) {}
replacement::~replacement() { discard(); }

void replacement::commit() {
    outcome const done = finish(content_, temporary_, path_);
    discard();
    checked(done, "weft::fs::replacement::commit", path_);
}
void replacement::commit(std::error_code& ec) {
    outcome const done = finish(content_, temporary_, path_);
    discard();
    report(done, ec);
}

void replacement::discard() noexcept {
    content_.close();
    if (temporary_.empty()) return;
    file_request request{file_request::kind::remove, AT_FDCWD};
    request.path = temporary_.c_str();
    perform_shielded(request);
    temporary_.clear();
}

void write_file_atomically(path_view path, std::span<std::byte const> content) {
    checked(write_atomically(path, content), "weft::fs::write_file_atomically", path);
}
void write_file_atomically(path_view path, std::span<std::byte const> content, std::error_code& ec) {
    report(write_atomically(path, content), ec);
}
void write_file_atomically(path_view path, std::string_view content) {
    write_file_atomically(path, std::as_bytes(std::span(content)));
}
void write_file_atomically(path_view path, std::string_view content, std::error_code& ec) {
    write_file_atomically(path, std::as_bytes(std::span(content)), ec);
}

}  // namespace weft::fs
