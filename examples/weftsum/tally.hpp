// How far the work is.
#pragma once
#include <cstdint>
#include <string>
#include <weft/weft.hpp>

#include "file.hpp"

namespace weftsum {

/// Files and bytes so far, and since when.
class tally {
public:
    tally() : start_(weft::clock::now()) {}

    void add(batch const& done);

    std::uint64_t files() const { return files_; }
    std::uint64_t bytes() const { return bytes_; }
    double seconds() const;
    double bytes_per_second() const;

    /// On one line, as in "1234 files, 56.7 MB, 890.1 MB/s".
    std::string summary() const;

private:
    weft::clock::time_point start_;
    std::uint64_t files_ = 0;
    std::uint64_t bytes_ = 0;
};

/// With a decimal unit, as in "56.7 MB".
std::string format_bytes(double bytes);

}  // namespace weftsum
