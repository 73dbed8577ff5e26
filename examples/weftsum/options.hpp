// The command line of weftsum.
#pragma once
#include <string>
#include <vector>

namespace weftsum {

struct options {
    std::vector<std::string> paths;
    std::string check_list;  // empty: print checksums; otherwise the list to verify, "-" for standard input
    unsigned jobs = 0;       // digest fibers; 0 on the command line is an error, so parse() always sets it
    bool stats = false;
};

/// What the command line asks for: run with `what`, or leave at once with `exit_status`.
struct parsed_options {
    options what;
    bool proceed = false;
    int exit_status = 0;
};

/// Reads the command line. Help goes to standard output, usage errors to standard error.
parsed_options parse_options(int argc, char** argv);

}  // namespace weftsum
