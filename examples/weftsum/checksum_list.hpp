// Reads a checksum list piece by piece: the source of --check.
#pragma once
#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <weft/weft.hpp>

#include "checksum_line.hpp"
#include "file.hpp"

namespace weftsum {

/// The files that a list names, in its order.
class checksum_list : public file_source {
public:
    /// `name` is a file, or "-" for standard input. With `paths`, only the files at and below them count.
    checksum_list(std::string name, std::vector<std::string> paths);

    std::optional<file> next() override;

    std::string const& name() const { return name_; }
    std::uint64_t good_lines() const { return good_lines_; }
    std::uint64_t bad_lines() const { return bad_lines_; }

    /// Why the list could not be read to its end; empty if it was.
    std::string const& trouble() const { return trouble_; }

    /// The `paths` that no line of the list is about.
    std::vector<std::string> unlisted() const;

private:
    struct wanted_path {
        std::string path;
        bool listed = false;
    };
    struct closer {
        void operator()(std::FILE* stream) const {
            if (stream != stdin) std::fclose(stream);
        }
    };

    void read_some();
    void read_line(std::string_view line);
    bool wanted(std::string_view path);

    std::string name_;
    std::vector<wanted_path> wanted_;
    std::unique_ptr<std::FILE, closer> stream_;
    checksum_parser parser_;
    std::deque<file> read_;  // not passed on yet
    std::uint64_t good_lines_ = 0;
    std::uint64_t bad_lines_ = 0;
    std::string trouble_;
};

}  // namespace weftsum
