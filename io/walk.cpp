// A depth-first walk. The speed comes from fibers that read directories before they come up: from each directory on
// the way, they are sent into the next few of its subdirectories. This bounds the memory by the depth of the tree and
// not by its size.
//
// Invariants: the readers of a level are those of the directories among entries [at, ahead), in order.
//             entering_ <=> the entry returned last is a directory to be entered; it is then at levels_.back().at -
//             1, or the root. Its reader, if it has one, is still the first in the queue; if it has none, the queue
//             is empty.

#include <weft/walk.hpp>

#include "file_failure.hpp"
#include "listing.hpp"
#include "status_of.hpp"

#include <weft/go.hpp>
#include <weft/this_fiber.hpp>

#include <algorithm>
#include <deque>
#include <utility>

namespace weft::detail {

namespace {

using fs::directory_entry;
using fs::walk_entry;
using fs::walk_options;

bool is_directory(directory_entry const& e) noexcept { return e.type == fs::file_type::directory; }

// The order of names is that of whole paths: "a-b" < "a/x" < "a0".
bool comes_before(directory_entry const& a, directory_entry const& b) noexcept {
    std::size_t const common = std::min(a.name.size(), b.name.size());
    if (int const order = a.name.compare(0, common, b.name, 0, common); order != 0) return order < 0;
    auto const after = [common](directory_entry const& e) -> int {
        if (e.name.size() > common) return static_cast<unsigned char>(e.name[common]);
        return is_directory(e) ? '/' : -1;
    };
    return after(a) < after(b);
}

listing read_sorted(std::string const& path, fs::list_options options) {
    listing all;
    outcome const done = off_worker([&] {
        all = read_listing(path.c_str(), options);
        std::sort(all.entries.begin(), all.entries.end(), comes_before);
        return call_result{};
    });
    if (done.cancelled) throw_failure(done, {});
    if (done.error != 0) all.error = done.error;
    return all;
}

}  // namespace

class walk_state {
public:
    walk_state(fs::path_view root, walk_options options) : root_(root.text()), options_(options) {
        list_.with_metadata = options.with_metadata || options.follow == fs::links::follow;
        list_.follow = options.follow;
    }

    std::optional<walk_entry> next() {
        if (!std::exchange(begun_, true)) return begin();
        if (std::exchange(entering_, false))
            if (auto failed = enter()) return failed;
        while (!levels_.empty()) {
            level& here = levels_.back();
            if (here.at == here.entries.size()) {
                levels_.pop_back();
                continue;
            }
            return pass(here);
        }
        return std::nullopt;
    }

    void skip() noexcept {
        if (!std::exchange(entering_, false) || levels_.empty()) return;
        level& here = levels_.back();
        if (!here.readers.empty()) here.readers.pop_front();
    }

private:
    struct level {
        std::string prefix;
        std::vector<directory_entry> entries;
        std::uint64_t device = 0;  // of the directory itself, if links are followed
        std::uint64_t inode = 0;
        std::size_t at = 0;     // entries before this one have come up
        std::size_t ahead = 0;  // directories before this one have had their reader
        std::deque<fiber<listing>> readers;
    };

    walk_entry begin() {
        walk_entry entry;
        entry.path = root_;
        struct statx found {};
        path_text const text(root_);
        file_request request{file_request::kind::status, AT_FDCWD};
        request.path = text.c_str();
        request.about = &found;
        outcome const asked = text.error() != 0 ? outcome{0, text.error()} : perform(request);
        if (asked.cancelled) throw_failure(asked, {});
        entry.failure = asked.code();
        if (asked.error != 0) return entry;
        entry.about = metadata_of(found);
        entry.type = entry.about.type;
        decide(entry);
        return entry;
    }

    walk_entry pass(level& here) {
        directory_entry& e = here.entries[here.at++];
        walk_entry entry{here.prefix + e.name, levels_.size(), e.type, e.about, e.failure};
        decide(entry);
        return entry;
    }

    void decide(walk_entry& entry) {
        if (entry.type != fs::file_type::directory || entry.depth >= options_.max_depth) return;
        device_ = entry.about.device;
        inode_ = entry.about.inode;
        if (options_.follow == fs::links::follow && leads_back()) {
            entry.failure = std::make_error_code(std::errc::too_many_symbolic_link_levels);
            entering_ = true;
            skip();
            return;
        }
        entering_ = true;
        entered_ = entry.path;
    }

    bool leads_back() const noexcept {
        return std::any_of(levels_.begin(), levels_.end(),
                           [this](level const& l) { return l.device == device_ && l.inode == inode_; });
    }

    // The entry of a failure, if there is one.
    std::optional<walk_entry> enter() {
        std::size_t const depth = levels_.size();
        listing all = read_entered();
        level& below = levels_.emplace_back();
        below.prefix = entered_;
        if (!below.prefix.ends_with('/')) below.prefix += '/';
        below.entries = std::move(all.entries);
        below.device = device_;
        below.inode = inode_;
        send_readers(below);
        if (all.error == 0) return std::nullopt;
        walk_entry failed;
        failed.path = std::move(entered_);
        failed.depth = depth;
        failed.type = fs::file_type::directory;
        failed.failure = {all.error, std::generic_category()};
        return failed;
    }

    listing read_entered() {
        if (levels_.empty()) return read_sorted(entered_, list_);
        level& here = levels_.back();
        fiber<listing> reader;
        if (!here.readers.empty()) {
            reader = std::move(here.readers.front());
            here.readers.pop_front();
        }
        send_readers(here);
        return reader.joinable() ? reader.join() : read_sorted(entered_, list_);
    }

    void send_readers(level& here) {
        here.ahead = std::max(here.ahead, here.at);
        bool const too_deep = levels_.size() >= options_.max_depth;
        if (too_deep || options_.read_ahead == 0 || this_fiber::get_id() == 0) return;
        for (; here.ahead != here.entries.size() && here.readers.size() < options_.read_ahead; ++here.ahead) {
            if (!is_directory(here.entries[here.ahead])) continue;
            here.readers.push_back(
                spawn({.name = "fs::walk"}, read_sorted, here.prefix + here.entries[here.ahead].name, list_));
        }
    }

    std::string const root_;
    walk_options const options_;
    fs::list_options list_;
    bool begun_ = false;
    bool entering_ = false;
    std::string entered_;  // the path of the directory to enter
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
    std::deque<level> levels_;
};

}  // namespace weft::detail

namespace weft::fs {

walk::walk(path_view root, walk_options options) : state_(std::make_unique<detail::walk_state>(root, options)) {}
walk::walk(walk&& other) noexcept = default;
walk& walk::operator=(walk&& other) noexcept = default;
walk::~walk() = default;

std::optional<walk_entry> walk::next() { return state_->next(); }
void walk::skip() noexcept { state_->skip(); }

}  // namespace weft::fs
