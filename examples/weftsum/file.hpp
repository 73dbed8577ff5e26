// What travels through the pipeline: files, several to a message.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weftsum {

using sha256_digest = std::array<unsigned char, 32>;

/// One file to checksum. A source fills in the upper half, a digest fiber the rest.
struct file {
    std::string path;
    std::uint64_t bytes = 0;                // as the source sees it; afterwards what was really read
    std::optional<sha256_digest> expected;  // what a list says it should be
    std::string trouble;                    // why there is no digest; empty if there is one
    sha256_digest digest{};
};

/// Consecutive files of the output, large enough that handing them on costs little beside reading them.
struct batch {
    static constexpr std::size_t max_files = 64;
    static constexpr std::uint64_t max_bytes = std::uint64_t{512} * 1024;  // a larger file has a batch of its own

    std::uint64_t number = 0;  // position in the output: 0, 1, 2, ...
    std::uint64_t bytes = 0;
    std::vector<file> files;

    bool fits(file const& f) const {
        return files.empty() || (files.size() < max_files && bytes + f.bytes <= max_bytes);
    }
    void add(file&& f) {
        bytes += f.bytes;
        files.push_back(std::move(f));
    }
};

/// Where files come from: a walk or a list.
class file_source {
public:
    virtual ~file_source() = default;

    /// The next file in the order of the output, or nothing when there are no more.
    /// Blocks: parks the calling fiber while directories or lists are being read.
    virtual std::optional<file> next() = 0;
};

}  // namespace weftsum
