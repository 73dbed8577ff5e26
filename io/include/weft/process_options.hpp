#pragma once
#include <weft/clock.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace weft {

namespace detail {
struct stdio_access;
}  // namespace detail

/// What a child process has for its standard input, output or error.
class stdio {
public:
    /// What this process has.
    stdio() noexcept = default;
    /// What this process has.
    static stdio inherit() noexcept { return {}; }
    /// Nothing to read; what is written vanishes.
    static stdio null() { return {kind::null}; }
    /// A pipe, whose other end the `process` object holds.
    static stdio pipe() { return {kind::pipe}; }
    /// A copy of the open descriptor `fd`, which stays the caller's, and must stay open until the child has been started.
    static stdio from(int fd) {
        stdio s(kind::number);
        s.number_ = fd;
        return s;
    }
    /// The file, opened by this process: to read for standard input, else emptied, or created, to write.
    static stdio file(std::string path) { return {kind::file, std::move(path)}; }
    /// The file, created if it does not exist, with the output added at its end. Not for standard input.
    static stdio append(std::string path) { return {kind::append, std::move(path)}; }
    /// For standard error only: where standard output goes.
    static stdio merge() { return {kind::merge}; }

private:
    friend struct detail::stdio_access;
    enum class kind : unsigned char { inherited, null, pipe, number, file, append, merge };
    stdio(kind k, std::string path = {}) : what_(k), path_(std::move(path)) {}

    kind what_ = kind::inherited;
    int number_ = -1;
    std::string path_;
};

/// How to start a child process.
struct process_options {
    /// Where it runs; empty: where this process does. A relative path to the program counts from there.
    std::string directory{};
    /// "NAME=value", added to this process's environment or put in the place of its values.
    std::vector<std::string> environment{};
    /// False: `environment` is all there is.
    bool inherit_environment = true;
    /// Standard input.
    stdio in{};
    /// Standard output.
    stdio out{};
    /// Standard error.
    stdio err{};
    /// Make it the leader of a new process group; then all signals go to the whole group.
    bool own_group = false;
    /// What a child is given between SIGTERM and SIGKILL when it is ended by cancellation or by the destructor. Keep it below
    /// `runtime_options::shutdown_grace`.
    clock::duration grace = std::chrono::seconds(2);
};

}  // namespace weft
