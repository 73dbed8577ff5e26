#include <weft/metadata.hpp>

#include "file_failure.hpp"
#include "file_operation.hpp"
#include "status_of.hpp"

namespace weft::fs {

namespace {

using namespace detail;

outcome ask(path_view path, links follow, metadata& about) {
    path_text const text(path);
    if (text.error() != 0) return {0, text.error()};
    struct statx found {};
    file_request request{file_request::kind::status, AT_FDCWD};
    request.path = text.c_str();
    request.flags = follow == links::no_follow ? AT_SYMLINK_NOFOLLOW : 0;
    request.about = &found;
    outcome const asked = perform(request);
    if (asked.error == 0) about = metadata_of(found);
    return asked;
}

outcome ask_whether(path_view path, bool& is_there) {
    metadata about;
    outcome const asked = ask(path, links::follow, about);
    is_there = asked.error == 0;
    return asked.error == ENOENT || asked.error == ENOTDIR ? outcome{} : asked;
}

outcome change_permissions(path_view path, unsigned permissions) {
    path_text const text(path);
    if (text.error() != 0) return {0, text.error()};
    return off_worker(
        [&] { return repeat_call([&] { return os().fchmodat(AT_FDCWD, text.c_str(), permissions, 0); }); });
}

timespec as_timespec(file_time t) noexcept {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(t);
    return {seconds.time_since_epoch().count(), (t - seconds).count()};
}

outcome change_times(path_view path, file_time accessed, file_time modified) {
    path_text const text(path);
    if (text.error() != 0) return {0, text.error()};
    timespec const times[] = {as_timespec(accessed), as_timespec(modified)};
    return off_worker([&] { return repeat_call([&] { return os().utimensat(AT_FDCWD, text.c_str(), times, 0); }); });
}

}  // namespace

metadata status(path_view path, links follow) {
    metadata about;
    checked(ask(path, follow, about), "weft::fs::status", path);
    return about;
}
metadata status(path_view path, std::error_code& ec) { return status(path, links::follow, ec); }
metadata status(path_view path, links follow, std::error_code& ec) {
    metadata about;
    report(ask(path, follow, about), ec);
    return about;
}

bool exists(path_view path) {
    bool is_there = false;
    checked(ask_whether(path, is_there), "weft::fs::exists", path);
    return is_there;
}
bool exists(path_view path, std::error_code& ec) {
    bool is_there = false;
    report(ask_whether(path, is_there), ec);
    return is_there;
}

void set_permissions(path_view path, unsigned permissions) {
    checked(change_permissions(path, permissions), "weft::fs::set_permissions", path);
}
void set_permissions(path_view path, unsigned permissions, std::error_code& ec) {
    report(change_permissions(path, permissions), ec);
}

void set_times(path_view path, file_time accessed, file_time modified) {
    checked(change_times(path, accessed, modified), "weft::fs::set_times", path);
}
void set_times(path_view path, file_time accessed, file_time modified, std::error_code& ec) {
    report(change_times(path, accessed, modified), ec);
}

}  // namespace weft::fs
