#include <weft/replacement.hpp>

#include "file_failure.hpp"
#include "scoped_fd.hpp"
#include "unique_name.hpp"

#include <cstdlib>

namespace weft::fs {

namespace {

using namespace detail;

std::string full_prefix(std::string_view prefix) {
    char const* const chosen = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): nobody may write it meanwhile
    std::string text = chosen == nullptr || *chosen == '\0' ? "/tmp" : chosen;
    text += '/';
    text += prefix;
    return text;
}

outcome make_directory(std::string_view prefix, std::string& path) {
    std::string const start = full_prefix(prefix);
    if (start.find('\0') != std::string::npos) return {0, EINVAL};
    return off_worker([&] {
        return with_unique_name(path, start, "", [](char const* free) {
            file_request request{file_request::kind::make_directory, AT_FDCWD};
            request.path = free;
            request.mode = 0700;
            return make_call(request);
        });
    });
}

outcome make_file(std::string_view prefix, temporary_file& made) {
    std::string const start = full_prefix(prefix);
    if (start.find('\0') != std::string::npos) return {0, EINVAL};
    outcome const opened = off_worker([&] {
        return with_unique_name(made.path, start, "",
                                [](char const* free) { return open_path(free, O_RDWR | O_CREAT | O_EXCL, 0600); });
    });
    if (opened.error == 0) made.content = file::from_native(static_cast<int>(opened.bytes));
    return opened;
}

}  // namespace

std::string create_temporary_directory(std::string_view prefix) {
    std::string path;
    outcome const done = make_directory(prefix, path);  // first: the message names the path
    checked(done, "weft::fs::create_temporary_directory", path);
    return path;
}
std::string create_temporary_directory(std::string_view prefix, std::error_code& ec) {
    std::string path;
    report(make_directory(prefix, path), ec);
    if (ec) path.clear();
    return path;
}

temporary_file create_temporary_file(std::string_view prefix) {
    temporary_file made;
    outcome const done = make_file(prefix, made);
    checked(done, "weft::fs::create_temporary_file", made.path);
    return made;
}
temporary_file create_temporary_file(std::string_view prefix, std::error_code& ec) {
    temporary_file made;
    report(make_file(prefix, made), ec);
    if (ec) made.path.clear();
    return made;
}

}  // namespace weft::fs
