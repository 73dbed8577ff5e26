// Files read and written whole: one trip off the worker each.

#include <weft/file.hpp>

#include "file_failure.hpp"
#include "scoped_fd.hpp"
#include "whole_file.hpp"

#include <algorithm>

namespace weft::fs {

namespace {

using namespace detail;

// Of files that do not say how large they are, as in /proc, and of those that grow.
constexpr std::size_t least_room = 4096;

std::size_t size_of(int fd) noexcept {
    struct stat about {};
    if (os().fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size <= 0) return 0;
    return static_cast<std::size_t>(about.st_size);
}

call_result read_rest(int fd, std::string& text) {
    // One byte more than there should be: the read that finds less has found the end.
    text.resize(std::max(size_of(fd) + 1, least_room));
    std::size_t filled = 0;
    for (;;) {
        if (filled == text.size()) text.resize(2 * text.size());
        file_request request{file_request::kind::read, fd};
        request.into = text.data() + filled;
        request.bytes = text.size() - filled;
        call_result const got = make_call(request);
        if (got.error != 0) return got;
        if (got.value == 0) break;
        filled += got.value;
    }
    text.resize(filled);
    return {};
}

outcome read_whole(path_view path, std::string& text) {
    path_text const name(path);
    if (name.error() != 0) return {0, name.error()};
    outcome const done = off_worker([&] {
        call_result const opened = open_path(name.c_str(), O_RDONLY);
        if (opened.error != 0) return opened;
        scoped_fd const file(opened);
        return read_rest(file.get(), text);
    });
    if (done.error != 0) text.clear();
    return done;
}

outcome write_whole(path_view path, std::span<std::byte const> content) {
    path_text const name(path);
    if (name.error() != 0) return {0, name.error()};
    return off_worker([&] {
        call_result const opened = open_path(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (opened.error != 0) return opened;
        scoped_fd file(opened);
        call_result const written = write_content(file.get(), content);
        return written.error != 0 ? written : file.close();
    });
}

}  // namespace

std::string read_file(path_view path) {
    std::string text;
    checked(read_whole(path, text), "weft::fs::read_file", path);
    return text;
}
std::string read_file(path_view path, std::error_code& ec) {
    std::string text;
    report(read_whole(path, text), ec);
    return text;
}

void write_file(path_view path, std::span<std::byte const> content) {
    checked(write_whole(path, content), "weft::fs::write_file", path);
}
void write_file(path_view path, std::span<std::byte const> content, std::error_code& ec) {
    report(write_whole(path, content), ec);
}
void write_file(path_view path, std::string_view content) { write_file(path, std::as_bytes(std::span(content))); }
void write_file(path_view path, std::string_view content, std::error_code& ec) {
    write_file(path, std::as_bytes(std::span(content)), ec);
}

}  // namespace weft::fs
