// Reads many small files, or a part of a large one, in one go.
#pragma once
#include <cstddef>
#include <span>
#include <vector>
#include <weft/file.hpp>

#include "file.hpp"

namespace weftsum {

/// Consecutive bytes of one file.
struct piece {
    file* of;
    std::span<std::byte const> data;
    bool last;  // nothing follows: the end of the file, or an error, which is then in of->trouble
};

/// Reads the files of a batch one after the other through a buffer.
class batch_reader {
public:
    /// Both arguments must outlive the reader. Files that are in trouble already are skipped; `bytes` of the others is set
    /// to 0, for the consumer to count.
    batch_reader(batch& files, std::span<std::byte> buffer);
    batch_reader(batch_reader const&) = delete;
    batch_reader& operator=(batch_reader const&) = delete;

    bool finished() const { return at_ == files_.size(); }

    /// Fills the buffer anew; the pieces of the last call end here. For a helper thread: there,
    /// each call on a file is a plain system call, and all of them together cost one trip off the worker.
    void fill();

    /// What the buffer holds, in order.
    std::span<piece const> pieces() const { return pieces_; }

private:
    bool open_current();
    void end_current();
    void skip_troubled();

    std::vector<file>& files_;
    std::span<std::byte> buffer_;
    std::vector<piece> pieces_;
    std::size_t at_ = 0;
    weft::fs::file current_;  // open once it is its turn
};

}  // namespace weftsum
