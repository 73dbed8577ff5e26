#include "directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

namespace weftsum {
namespace {

struct directory_closer {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using directory_handle = std::unique_ptr<DIR, directory_closer>;

bool is_dot_or_dot_dot(std::string_view name) { return name == "." || name == ".."; }

// Not every file system says in the directory what an entry is.
unsigned char kind_of(struct stat const& status) {
    if (S_ISREG(status.st_mode)) return DT_REG;
    if (S_ISDIR(status.st_mode)) return DT_DIR;
    return DT_FIFO;  // stands for everything that is left out
}

void add_entry(listing& list, int directory, dirent const& found) {
    std::string name = found.d_name;
    unsigned char kind = found.d_type;
    struct stat status {};
    std::string trouble;

    if (kind == DT_REG || kind == DT_UNKNOWN) {
        if (::fstatat(directory, found.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
            kind = kind_of(status);
        else
            trouble = describe(errno);
    }
    if (kind == DT_DIR) name += '/';
    if (kind == DT_DIR || kind == DT_REG || !trouble.empty())
        list.entries.push_back({std::move(name), static_cast<std::uint64_t>(status.st_size), std::move(trouble)});
}

// No name contains a '/', so the names in one directory decide the order of everything below them: "a-b" < "a/x" < "a0".
void sort_by_bytes(listing& list) {
    std::sort(list.entries.begin(), list.entries.end(), [](entry const& a, entry const& b) { return a.name < b.name; });
}

}  // namespace

std::string describe(int error) { return std::system_category().message(error); }

listing read_directory(std::string prefix) {
    listing list{std::move(prefix), {}, {}};
    directory_handle const directory(::opendir(list.prefix.c_str()));
    if (!directory) {
        list.trouble = describe(errno);
        return list;
    }
    for (;;) {
        errno = 0;
        dirent const* found = ::readdir(directory.get());  // NOLINT(concurrency-mt-unsafe): a stream of its own
        if (!found) break;
        if (!is_dot_or_dot_dot(found->d_name)) add_entry(list, ::dirfd(directory.get()), *found);
    }
    if (errno != 0) list.trouble = describe(errno);
    sort_by_bytes(list);
    return list;
}

listing read_arguments(std::vector<std::string> const& paths) {
    listing list;
    for (std::string const& path : paths) {
        struct stat status {};
        entry e{path, 0, {}};
        if (::stat(path.c_str(), &status) != 0) {
            e.trouble = describe(errno);
        } else if (S_ISDIR(status.st_mode)) {
            if (!path.ends_with('/')) e.name += '/';
        } else if (S_ISREG(status.st_mode)) {
            e.bytes = static_cast<std::uint64_t>(status.st_size);
        } else {
            e.trouble = "Not a regular file or directory";
        }
        list.entries.push_back(std::move(e));
    }
    sort_by_bytes(list);
    return list;
}

}  // namespace weftsum
