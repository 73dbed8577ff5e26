// Walks directory trees, and yields the files in the byte order of their paths.
#pragma once
#include <string>
#include <vector>
#include <weft/walk.hpp>

#include "file.hpp"

namespace weftsum {

/// The regular files at and below some paths, in the order of
/// `find -H PATH... -type f -print0 | LC_ALL=C sort -z`.
class walk : public file_source {
public:
    explicit walk(std::vector<std::string> const& paths);

    std::optional<file> next() override;

private:
    // A tree on the way, and the next file in it.
    struct tree {
        weft::fs::walk entries;
        file next;
    };
    static bool after(tree const& a, tree const& b) { return a.next.path > b.next.path; }

    bool argument_comes_first() const;
    void open(weft::fs::walk entries);

    std::vector<file> arguments_;  // the last comes first; directories end in '/'
    std::vector<tree> open_;       // a heap: the tree with the smallest path comes first
};

}  // namespace weftsum
