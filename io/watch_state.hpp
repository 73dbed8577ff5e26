#pragma once
// One watch: the system's events in, ours out.
//
// Invariants: ready_ is what is to be reported before anything else is read. failure_ is reported after it, once.
//             halves_: directories and files that were moved away, and have not turned up, the oldest first. When what could be
//             read after their time is not about them either, they have left the tree.
// Only one fiber uses it, but for the descriptor, which has its own rules.

#include "descriptor.hpp"
#include "failure.hpp"
#include "watch_tree.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace weft::detail {

class watch_state {
public:
    watch_state() = default;
    watch_state(watch_state const&) = delete;
    ~watch_state();

    /// Errors: ENOSPC, EMFILE: the limits of inotify.
    outcome begin(fs::path_view root, fs::watch_options options);
    /// The next event; none at the end, and if `wait` is false, when there is none.
    outcome next(std::optional<fs::watch_event>& event, bool wait);

    /// By whoever, at any time after `begin`. Blocks: until the call in progress has noticed; no point of cancellation.
    void close() noexcept;

    descriptor* events() const noexcept { return inotify_; }
    /// Whether `next` would find something without an event of the system.
    bool has_ready() const noexcept {
        return !ready_.empty() || failure_ != 0 || ended_ || at_ < size_ || !halves_.empty();
    }
    bool is_over() const noexcept { return ended_ && ready_.empty() && failure_ == 0; }
    std::string const& root() const noexcept { return root_; }

private:
    struct half_rename {
        std::uint32_t cookie;
        std::string path;
        bool is_directory;
        clock::time_point waits_until;
        bool is_late = false;  // what is queued by now is still to be looked through
    };

    call_result open(std::string const& root);
    outcome read(bool wait);
    outcome wait_for_other_half();
    outcome digest();
    outcome digest_named(inotify_event const& e, std::string const& name);
    outcome arrived(inotify_event const& e, std::string const& name, std::string const& path);
    outcome watch_new(std::string const& path);
    outcome start_again();
    outcome settle(std::size_t index);
    void end(bool report);
    void add(fs::change what, std::string path, bool is_directory) {
        ready_.push_back({what, std::move(path), {}, is_directory});
    }
    template <class Calls>
    outcome with_tree(Calls const& calls);

    descriptor* inotify_ = nullptr;
    watch_tree tree_;
    std::string root_;
    std::string directory_;  // what the first watch is on: the root, or the directory of a file
    std::string only_;       // the name of that file; empty: everything
    bool recursive_ = false;
    bool ended_ = true;
    int failure_ = 0;
    std::deque<fs::watch_event> ready_;
    std::vector<half_rename> halves_;
    std::size_t at_ = 0;
    std::size_t size_ = 0;
    alignas(inotify_event) std::array<std::byte, 16 * 1024> block_;
};

}  // namespace weft::detail
