#include "batch_reader.hpp"

namespace weftsum {

batch_reader::batch_reader(batch& files, std::span<std::byte> buffer) : files_(files.files), buffer_(buffer) {
    for (file& f : files_) f.bytes = 0;
    skip_troubled();
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
        std::error_code failure;
        std::size_t const got = current_.read_some(rest, failure);
        if (failure) f.trouble = failure.message();
        pieces_.push_back({&f, rest.first(got), got == 0});
        rest = rest.subspan(got);
        if (got == 0) end_current();
    }
}

bool batch_reader::open_current() {
    if (current_.is_open()) return true;
    // Non-blocking, because a fifo may stand where the source saw a file: without a writer it reads as empty.
    std::error_code failure;
    current_ = weft::fs::file::open(files_[at_].path, {.read = true, .non_blocking = true}, failure);
    if (failure) files_[at_].trouble = failure.message();
    return !failure;
}

void batch_reader::end_current() {
    current_.close();
    ++at_;
    skip_troubled();
}

void batch_reader::skip_troubled() {
    while (!finished() && !files_[at_].trouble.empty()) ++at_;
}

}  // namespace weftsum
