#pragma once
// Reads directories: system calls for code that runs off the workers.

#include "scoped_fd.hpp"

#include <weft/directory.hpp>

#include <cstddef>
#include <vector>

namespace weft::detail {

/// How much of a directory one system call returns at most.
inline constexpr std::size_t listing_block_bytes = std::size_t{32} * 1024;

/// Appends the next entries of an open directory, without "." and "..". The value is 0 at the end.
call_result read_block(int directory, fs::list_options options, std::vector<fs::directory_entry>& to);

/// Appends all entries of an open directory.
call_result read_entries(int directory, fs::list_options options, std::vector<fs::directory_entry>& to);

/// All entries of a directory, as far as they could be read.
struct listing {
    std::vector<fs::directory_entry> entries;
    int error = 0;
};

/// In the order of the file system.
listing read_listing(char const* path, fs::list_options options);

void sort_by_name(std::vector<fs::directory_entry>& entries);

}  // namespace weft::detail
