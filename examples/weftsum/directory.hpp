// Reads one directory: plain system calls, to be called where blocking is allowed.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weftsum {

/// A regular file or a directory; whatever else a directory holds is left out.
struct entry {
    std::string name;  // of a directory: ends in '/', which makes the order of entries the order of what is below them
    std::uint64_t bytes = 0;
    std::string trouble;  // why it can be neither read nor entered

    bool is_directory() const { return name.ends_with('/'); }
};

/// What a directory holds, sorted by the bytes of the names.
struct listing {
    std::string prefix;  // goes before each name
    std::vector<entry> entries;
    std::string trouble;  // why it may be incomplete
};

/// Lists the directory `prefix`, which ends in '/'. Symbolic links are not followed.
listing read_directory(std::string prefix);

/// What was named on the command line, as if it were one directory. Symbolic links are followed.
listing read_arguments(std::vector<std::string> const& paths);

/// What the system says about an errno value.
std::string describe(int error);

}  // namespace weftsum
