#include "batch_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "directory.hpp"

namespace weftsum {
namespace {

ssize_t read_retrying(int descriptor, std::span<std::byte> buffer) {
    ssize_t n;
    do n = ::read(descriptor, buffer.data(), buffer.size());
    while (n < 0 && errno == EINTR);
    return n;
}

}  // namespace

batch_reader::batch_reader(batch& files, std::span<std::byte> buffer) : files_(files.files), buffer_(buffer) {
    for (file& f : files_) f.bytes = 0;
    skip_troubled();
}

batch_reader::~batch_reader() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void batch_reader::fill() {
    pieces_.clear();
    std::span<std::byte> rest = buffer_;
    while (!finished() && !rest.empty()) {
        file& f = files_[at_];
        if (!open_current()) {
            pieces_.push_back({&f, {}, true});
            end_current();
            continue;
        }
        ssize_t const n = read_retrying(descriptor_, rest);
        if (n < 0) f.trouble = describe(errno);
        std::size_t const got = n > 0 ? static_cast<std::size_t>(n) : 0;
        pieces_.push_back({&f, rest.first(got), n <= 0});
        rest = rest.subspan(got);
        if (n <= 0) end_current();
    }
}

bool batch_reader::open_current() {
    if (descriptor_ >= 0) return true;
    // Non-blocking, because a fifo may stand where the source saw a file: without a writer it reads as empty.
    descriptor_ = ::open(files_[at_].path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor_ < 0) files_[at_].trouble = describe(errno);
    return descriptor_ >= 0;
}

void batch_reader::end_current() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
    ++at_;
    skip_troubled();
}

void batch_reader::skip_troubled() {
    while (!finished() && !files_[at_].trouble.empty()) ++at_;
}

}  // namespace weftsum
