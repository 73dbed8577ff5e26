// Copies files inside the kernel, a slice per trip off the worker, so that a cancellation is noticed soon.

#include <weft/directory.hpp>

#include "file_failure.hpp"
#include "scoped_fd.hpp"
#include "whole_file.hpp"

#include <weft/this_fiber.hpp>

#include <memory>
#include <new>

namespace weft::fs {

namespace {

using namespace detail;

constexpr std::size_t slice_bytes = std::size_t{64} * 1024 * 1024;
constexpr std::size_t buffer_bytes = std::size_t{128} * 1024;

class copier {
public:
    outcome run(path_view from, path_view to, copy_options options) {
        path_text const source(from);
        path_text const target(to);
        if (source.error() != 0 || target.error() != 0) return {0, EINVAL};
        try {
            outcome done = off_worker([&] { return begin(source.c_str(), target.c_str(), options); });
            while (done.error == 0 && !finished_) done = off_worker([this] { return copy_slice(); });
            if (done.error != 0) clean_up(target.c_str());
            return {copied_, done.error, done.cancelled};
        } catch (std::bad_alloc const&) {
            clean_up(target.c_str());
            throw;
        }
    }

private:
    call_result begin(char const* from, char const* to, copy_options options) {
        call_result const source = open_path(from, O_RDONLY);
        if (source.error != 0) return source;
        from_ = scoped_fd(source);
        struct stat about {};
        if (call_result const asked = repeat_call([&] { return os().fstat(from_.get(), &about); }); asked.error != 0)
            return asked;
        if (S_ISDIR(about.st_mode)) return {0, EISDIR};

        call_result target = open_path(to, O_WRONLY | O_CREAT | O_EXCL, about.st_mode & 07777);
        made_ = target.error == 0;
        if (target.error == EEXIST && options.overwrite) target = open_existing(to, about);
        if (target.error != 0) return target;
        to_ = scoped_fd(target);
        // A device that is there, say /dev/null, keeps its own.
        if (takes_permissions_)
            if (call_result const set = repeat_call([&] { return os().fchmod(to_.get(), about.st_mode & 07777); });
                set.error != 0)
                return set;
        return copy_slice();
    }

    call_result open_existing(char const* to, struct stat const& source) noexcept {
        call_result const opened = open_path(to, O_WRONLY);
        if (opened.error != 0) return opened;
        scoped_fd target(opened);
        struct stat about {};
        call_result const asked = repeat_call([&] { return os().fstat(target.get(), &about); });
        if (asked.error != 0) return asked;
        // Cutting it off would leave nothing to copy.
        if (about.st_dev == source.st_dev && about.st_ino == source.st_ino) return {0, EINVAL};
        file_request request{file_request::kind::truncate, target.get()};
        takes_permissions_ = S_ISREG(about.st_mode);
        call_result const cut = takes_permissions_ ? make_call(request) : call_result{};
        if (cut.error != 0) return cut;
        return {static_cast<std::size_t>(target.release())};
    }

    call_result copy_slice() {
        for (std::size_t left = slice_bytes; left != 0;) {
            call_result const moved = copy_some(left);
            if (moved.error != 0) return moved;
            if (moved.value == 0) {
                finished_ = true;
                return to_.close();
            }
            copied_ += moved.value;
            left -= moved.value < left ? moved.value : left;
        }
        return {};
    }

    call_result copy_some(std::size_t most) {
        if (!by_hand_) {
            call_result const moved =
                repeat_call([&] { return os().copy_file_range(from_.get(), nullptr, to_.get(), nullptr, most, 0); });
            // Nothing at the very start may be a file that does not say its size, as in /proc.
            bool const is_certain = moved.error == 0 && (moved.value != 0 || copied_ != 0);
            if (is_certain) return moved;
            // Whatever it is that does not go inside the kernel goes, or fails, by hand.
            by_hand_ = std::make_unique<std::byte[]>(buffer_bytes);
        }
        file_request request{file_request::kind::read, from_.get()};
        request.into = by_hand_.get();
        request.bytes = buffer_bytes;
        call_result const got = make_call(request);
        if (got.error != 0 || got.value == 0) return got;
        call_result const put = write_content(to_.get(), {by_hand_.get(), got.value});
        return put.error != 0 ? put : got;
    }

    void clean_up(char const* target) noexcept {
        off_worker_shielded([&]() noexcept {
            to_.close();
            if (!made_) return call_result{};
            file_request request{file_request::kind::remove, AT_FDCWD};
            request.path = target;
            return make_call(request);
        });
    }

    scoped_fd from_;
    scoped_fd to_;
    bool made_ = false;  // the target, so that it is ours to remove
    bool takes_permissions_ = true;
    bool finished_ = false;
    std::unique_ptr<std::byte[]> by_hand_;
    std::uint64_t copied_ = 0;
};

}  // namespace

std::uint64_t copy_file(path_view from, path_view to, copy_options options) {
    return checked(copier().run(from, to, options), "weft::fs::copy_file", from, to);
}
std::uint64_t copy_file(path_view from, path_view to, copy_options options, std::error_code& ec) {
    return report(copier().run(from, to, options), ec);
}

}  // namespace weft::fs
