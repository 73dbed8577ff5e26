#include <weft/directory.hpp>

#include "file_failure.hpp"
#include "listing.hpp"

#include <utility>

namespace weft::detail {

struct directory_state {
    scoped_fd number;
    fs::list_options options;
    std::string path;  // for messages
    std::vector<fs::directory_entry> entries;
    std::size_t at = 0;
    bool at_end = false;
};

}  // namespace weft::detail

namespace weft::fs {

namespace {

using namespace detail;

outcome open_directory(path_view path, list_options options, std::unique_ptr<directory_state>& state) {
    path_text const text(path);
    if (text.error() != 0) return {0, text.error()};
    return off_worker([&] {
        call_result const opened = open_path(text.c_str(), O_RDONLY | O_DIRECTORY);
        if (opened.error != 0) return opened;
        scoped_fd number(opened);
        state = std::make_unique<directory_state>(directory_state{std::move(number), options, text.c_str(), {}});
        call_result const read = read_block(state->number.get(), options, state->entries);
        state->at_end = read.error == 0 && read.value == 0;
        return read;
    });
}

outcome find_next(directory_state* state, std::optional<directory_entry>& found) {
    if (state == nullptr) return {};
    while (state->at == state->entries.size() && !state->at_end) {
        state->entries.clear();
        state->at = 0;
        outcome const read =
            off_worker([&] { return read_block(state->number.get(), state->options, state->entries); });
        if (read.error != 0) return read;
        state->at_end = read.bytes == 0;
    }
    if (state->at != state->entries.size()) found = std::move(state->entries[state->at++]);
    return {};
}

outcome list_all(path_view path, list_options options, std::vector<directory_entry>& entries) {
    path_text const text(path);
    if (text.error() != 0) return {0, text.error()};
    return off_worker([&] {
        listing all = read_listing(text.c_str(), options);
        sort_by_name(all.entries);
        entries = std::move(all.entries);
        return call_result{0, all.error};
    });
}

}  // namespace

directory::directory(path_view path, list_options options) {
    checked(open_directory(path, options, state_), "weft::fs::directory", path);
}
directory::directory(path_view path, list_options options, std::error_code& ec) {
    report(open_directory(path, options, state_), ec);
    if (ec) state_.reset();
}
directory::directory(directory&& other) noexcept = default;
directory& directory::operator=(directory&& other) noexcept = default;
directory::~directory() = default;

std::optional<directory_entry> directory::next() {
    std::optional<directory_entry> found;
    outcome const looked = find_next(state_.get(), found);
    if (looked.error != 0) checked(looked, "weft::fs::directory", state_->path);
    return found;
}
std::optional<directory_entry> directory::next(std::error_code& ec) {
    std::optional<directory_entry> found;
    report(find_next(state_.get(), found), ec);
    return found;
}

std::vector<directory_entry> list(path_view path, list_options options) {
    std::vector<directory_entry> entries;
    checked(list_all(path, options, entries), "weft::fs::list", path);
    return entries;
}
std::vector<directory_entry> list(path_view path, list_options options, std::error_code& ec) {
    std::vector<directory_entry> entries;
    report(list_all(path, options, entries), ec);
    return entries;
}

}  // namespace weft::fs
