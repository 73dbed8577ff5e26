#include "listing.hpp"

#include "status_of.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace weft::detail {

namespace {

bool is_dot_or_dot_dot(std::string_view name) noexcept { return name == "." || name == ".."; }

int find_out(int directory, char const* name, unsigned flags, fs::directory_entry& entry) {
    struct statx found {};
    file_request request{file_request::kind::status, directory};
    request.path = name;
    request.flags = flags;
    request.about = &found;
    call_result const asked = make_call(request);
    if (asked.error != 0) return asked.error;
    entry.about = metadata_of(found);
    entry.type = entry.about.type;
    return 0;
}

void complete(int directory, char const* name, fs::list_options options, fs::directory_entry& entry) {
    // Not every file system says in the directory what an entry is.
    bool const may_be_link = entry.type == fs::file_type::symlink || entry.type == fs::file_type::unknown;
    bool const follows = options.follow == fs::links::follow && may_be_link;
    if (!options.with_metadata && !follows && entry.type != fs::file_type::unknown) return;
    if (follows && find_out(directory, name, 0, entry) == 0) return;
    int const error = find_out(directory, name, AT_SYMLINK_NOFOLLOW, entry);
    if (error != 0) entry.failure = {error, std::generic_category()};
}

}  // namespace

call_result read_block(int directory, fs::list_options options, std::vector<fs::directory_entry>& to) {
    alignas(dirent64) std::byte block[listing_block_bytes];
    call_result const got = repeat_call([&] { return os().getdents64(directory, block, sizeof block); });
    if (got.error == ENOENT) return {};  // removed while we read: nothing is in it any more
    for (std::size_t at = 0; at < got.value;) {
        auto const& found = *reinterpret_cast<dirent64 const*>(block + at);
        at += found.d_reclen;
        if (is_dot_or_dot_dot(found.d_name)) continue;
        fs::directory_entry& entry = to.emplace_back();
        entry.name = found.d_name;
        entry.type = type_of_entry(found.d_type);
        complete(directory, found.d_name, options, entry);
    }
    return got;
}

call_result read_entries(int directory, fs::list_options options, std::vector<fs::directory_entry>& to) {
    for (;;) {
        call_result const got = read_block(directory, options, to);
        if (got.error != 0 || got.value == 0) return got;
    }
}

listing read_listing(char const* path, fs::list_options options) {
    listing all;
    call_result const opened = open_path(path, O_RDONLY | O_DIRECTORY);
    scoped_fd const directory(opened);
    all.error = opened.error != 0 ? opened.error : read_entries(directory.get(), options, all.entries).error;
    return all;
}

void sort_by_name(std::vector<fs::directory_entry>& entries) {
    std::sort(entries.begin(), entries.end(),
              [](fs::directory_entry const& a, fs::directory_entry const& b) { return a.name < b.name; });
}

}  // namespace weft::detail
