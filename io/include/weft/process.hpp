#pragma once
#include <weft/clock.hpp>
#include <weft/detail/readiness_source.hpp>
#include <weft/detail/typed_case.hpp>
#include <weft/exit_status.hpp>
#include <weft/pipe.hpp>
#include <weft/process_options.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace weft {

namespace detail {
class child_process;
struct process_access;
}  // namespace detail

/// A child process. Move-only. No zombie is left behind: the destructor ends a child that still runs, as `terminate` does
/// with the grace period of its options, and waits for its end.
///
/// The child sees the descriptors 0, 1 and 2 and no others, a signal mask that blocks nothing, and the default action for every
/// signal, except for SIGHUP, SIGINT and SIGQUIT if this process ignores them (`nohup`).
///
/// Thread safety: waiting, `kill` and the streams from any fiber or thread at the same time. To move, assign or destroy the
/// object is for one alone. Do not wait for the child by other means (`waitpid`), and do not ignore SIGCHLD.
/// Errors: `std::system_error`. In a cancelled fiber `wait*` throws `cancelled`, or `deadline_exceeded`; the child has been
/// ended by then.
/// Source: posix_spawn(3), pidfd_open(2)
class process {
public:
    /// No child.
    process() noexcept;
    /// Starts the program `command[0]`, looked for as `look_path` does, with the rest as its arguments.
    /// Blocks: until the program runs; its exec is made by a helper thread.
    /// Errors: `std::system_error` with the error of the exec (`no_such_file_or_directory`, `permission_denied`) or of what it
    /// needs; `std::invalid_argument` for an empty command, or text with a NUL in it; `runtime_stopped` on a plain
    /// thread; `cancelled`.
    explicit process(std::vector<std::string> command, process_options options = {});
    /// The same; a failure is reported in `ec`, and there is no child then.
    static process start(std::vector<std::string> command, process_options options, std::error_code& ec);
    /// Takes the child over.
    process(process&& other) noexcept;
    /// Ends the child held so far, as the destructor does, and takes the other's over.
    process& operator=(process&& other) noexcept;
    ~process();

    /// There is a child, running or not.
    explicit operator bool() const noexcept { return child_ != nullptr; }
    /// Its number, which is another process's some time after it has been waited for; -1 without a child.
    int id() const noexcept;

    /// The writing end of its standard input, if that is a pipe: close it when all is written. Else it holds nothing.
    pipe_writer& input() noexcept { return input_; }
    /// The reading end of its standard output, if that is a pipe.
    pipe_reader& output() noexcept { return output_; }
    /// The reading end of its standard error, if that is a pipe.
    pipe_reader& errors() noexcept { return errors_; }

    /// Waits for its end and returns how it ended; again and again, if asked again.
    /// Blocks: until the child has ended. Cancellation ends the child first, see `process_options::grace`.
    /// Errors: `no_child_process` if somebody else has waited for it, or if there is none.
    exit_status wait();
    /// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`.
    exit_status wait(std::error_code& ec);
    /// Waits for its end until `deadline`. True: it has ended, `wait` returns at once.
    bool wait_until(clock::time_point deadline);
    /// The same for the time `d`.
    template <class Rep, class Period>
    bool wait_for(std::chrono::duration<Rep, Period> d) {
        return wait_until(detail::deadline_after(detail::bounded(d)));
    }
    /// How it ended; nothing while it runs. Never waits.
    std::optional<exit_status> try_wait();

    /// Sends it a signal. False: it has ended, and nothing was sent.
    bool kill(int signal);
    /// Sends SIGTERM, and SIGKILL if it has not ended after `grace`; waits for its end and returns how it ended.
    /// Blocks: until the child has ended; not a point of cancellation.
    exit_status terminate(clock::duration grace);

private:
    friend struct detail::process_access;

    std::unique_ptr<detail::child_process> child_;
    pipe_writer input_;
    pipe_reader output_;
    pipe_reader errors_;
};

namespace detail {

struct process_access {
    static readiness_source end_of(process const& p) noexcept;
};

}  // namespace detail

/// A case of `select` that can run when the child has ended; `wait` returns at once then. In a cancelled fiber the select
/// throws and leaves the child alone; its destructor ends it.
template <class F = detail::no_handler>
auto on_exit(process& p, F&& f = {}) -> detail::source_case<detail::readiness_source, F> {
    return {detail::process_access::end_of(p), std::forward<F>(f)};
}

/// What a program that ran to its end has left.
struct process_result {
    exit_status status;  ///< how it ended
    std::string out;     ///< what it wrote to standard output
    std::string err;     ///< what it wrote to standard error
};

/// Runs a program to its end: writes `input` to it, collects what it writes, and waits for it. Where `options` say something
/// else than `inherit` for a stream, that holds, and nothing is written or collected there; without input it reads
/// from the null device.
/// Blocks: until the program has ended and nobody holds its output open any more. Cancellation ends the child.
/// Errors: as for `process` and its streams; a program that does not read all of its input is none, nor is one that fails.
process_result run_process(std::vector<std::string> command, std::string_view input = {}, process_options options = {});
/// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`.
process_result run_process(std::vector<std::string> command, std::string_view input, process_options options,
                           std::error_code& ec);

/// The file that `command` would run: itself if it contains a slash, else the first executable file of that name in the
/// folders of PATH. Relative folders there are left out, as in Go: what they mean depends on where one is.
/// Blocks: the thread, while the system looks into the folders; `process` has a helper thread do it.
/// Errors: `no_such_file_or_directory`, or `permission_denied` if all there is may not be executed.
/// Source: https://pkg.go.dev/os/exec#LookPath
std::string look_path(std::string_view command);
/// The same; a failure is reported in `ec`.
std::string look_path(std::string_view command, std::error_code& ec);

}  // namespace weft
