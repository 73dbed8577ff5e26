// What changes the names in directories: make, remove, rename, link.

#include <weft/directory.hpp>

#include "file_failure.hpp"
#include "scoped_fd.hpp"

namespace weft::fs {

namespace {

using namespace detail;

// Of what is there already. The value: 0, it was not made now.
call_result accept_directory(char const* path) noexcept {
    struct statx found {};
    file_request request{file_request::kind::status, AT_FDCWD};
    request.path = path;
    request.about = &found;
    call_result const asked = make_call(request);
    if (asked.error == ENOENT) return {0, EEXIST};  // a link that leads nowhere
    if (asked.error != 0) return asked;
    return {0, S_ISDIR(found.stx_mode) ? 0 : EEXIST};
}

// The value: whether it was made. For code that runs off the workers.
call_result make_directory(char const* path, unsigned permissions) noexcept {
    file_request request{file_request::kind::make_directory, AT_FDCWD};
    request.path = path;
    request.mode = permissions;
    call_result const made = make_call(request);
    if (made.error == 0) return {1};
    return made.error == EEXIST ? accept_directory(path) : made;
}

// From the top, so that it does not matter who else makes some of them at the same time.
call_result make_directories(std::string path, unsigned permissions) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        path[slash] = '\0';
        call_result const made = make_directory(path.c_str(), 0777);
        if (made.error != 0) return made;
        path[slash] = '/';
    }
    return make_directory(path.c_str(), permissions);
}

template <class Calls>
outcome with_path(path_view path, Calls const& calls) {
    path_text const text(path);
    if (text.error() != 0) return {0, text.error()};
    return off_worker([&] { return calls(text.c_str()); });
}

template <class Calls>
outcome with_paths(path_view first, path_view second, Calls const& calls) {
    path_text const text(second);
    if (text.error() != 0) return {0, text.error()};
    return with_path(first, [&](char const* first_text) { return calls(first_text, text.c_str()); });
}

outcome make_one(path_view path, unsigned permissions) {
    return with_path(path, [=](char const* text) { return make_directory(text, permissions); });
}

outcome make_all(path_view path, unsigned permissions) {
    return with_path(path, [=](char const* text) { return make_directories(text, permissions); });
}

outcome remove_one(path_view path) {
    return with_path(path, [](char const* text) -> call_result {
        file_request request{file_request::kind::remove, AT_FDCWD};
        request.path = text;
        call_result removed = make_call(request);
        if (removed.error == EISDIR) {
            request.flags = AT_REMOVEDIR;
            removed = make_call(request);
        }
        if (removed.error == ENOENT) return {};
        return {1, removed.error};
    });
}

outcome rename_one(path_view from, path_view to) {
    return with_paths(from, to, [](char const* from_text, char const* to_text) {
        file_request request{file_request::kind::rename, AT_FDCWD};
        request.path = from_text;
        request.new_path = to_text;
        return make_call(request);
    });
}

outcome make_symlink(path_view target, path_view path) {
    return with_paths(target, path, [](char const* to, char const* from) {
        return repeat_call([&] { return os().symlinkat(to, AT_FDCWD, from); });
    });
}

outcome make_hard_link(path_view existing, path_view path) {
    return with_paths(existing, path, [](char const* from, char const* to) {
        return repeat_call([&] { return os().linkat(AT_FDCWD, from, AT_FDCWD, to, 0); });
    });
}

outcome read_link(path_view path, std::string& target) {
    return with_path(path, [&target](char const* text) {
        target.resize(256);
        for (;;) {
            call_result const got =
                repeat_call([&] { return os().readlinkat(AT_FDCWD, text, target.data(), target.size()); });
            // A target that just fits may have been cut off.
            bool const fits = got.value < target.size();
            if (got.error != 0 || fits) {
                target.resize(got.value);
                return got;
            }
            target.resize(2 * target.size());
        }
    });
}

}  // namespace

bool create_directory(path_view path, unsigned permissions) {
    return checked(make_one(path, permissions), "weft::fs::create_directory", path) != 0;
}
bool create_directory(path_view path, std::error_code& ec) { return report(make_one(path, 0777), ec) != 0; }

bool create_directories(path_view path, unsigned permissions) {
    return checked(make_all(path, permissions), "weft::fs::create_directories", path) != 0;
}
bool create_directories(path_view path, std::error_code& ec) { return report(make_all(path, 0777), ec) != 0; }

bool remove(path_view path) { return checked(remove_one(path), "weft::fs::remove", path) != 0; }
bool remove(path_view path, std::error_code& ec) { return report(remove_one(path), ec) != 0 && !ec; }

void rename(path_view from, path_view to) { checked(rename_one(from, to), "weft::fs::rename", from, to); }
void rename(path_view from, path_view to, std::error_code& ec) { report(rename_one(from, to), ec); }

void create_symlink(path_view target, path_view path) {
    checked(make_symlink(target, path), "weft::fs::create_symlink", path);
}
void create_symlink(path_view target, path_view path, std::error_code& ec) { report(make_symlink(target, path), ec); }

void create_hard_link(path_view existing, path_view path) {
    checked(make_hard_link(existing, path), "weft::fs::create_hard_link", existing, path);
}
void create_hard_link(path_view existing, path_view path, std::error_code& ec) {
    report(make_hard_link(existing, path), ec);
}

std::string read_symlink(path_view path) {
    std::string target;
    checked(read_link(path, target), "weft::fs::read_symlink", path);
    return target;
}
std::string read_symlink(path_view path, std::error_code& ec) {
    std::string target;
    report(read_link(path, target), ec);
    return target;
}

}  // namespace weft::fs
