#include "support/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

namespace weft_test {
namespace {

using steady = std::chrono::steady_clock;

struct pipe_ends {
    int read = -1, write = -1;

    pipe_ends() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
        read = ends[0], write = ends[1];
    }
    ~pipe_ends() {
        ::close(read);
        close_write();
    }
    pipe_ends(pipe_ends const&) = delete;
    pipe_ends& operator=(pipe_ends const&) = delete;

    void close_write() {
        if (write >= 0) ::close(write);
        write = -1;
    }
};

pid_t start(char const* name, std::vector<std::string>& environment, int out, int err) {
    std::string flag(child::flag), chosen(name), self("test");
    char* const arguments[] = {self.data(), flag.data(), chosen.data(), nullptr};

    std::vector<char*> variables;
    for (std::string& added : environment) variables.push_back(added.data());
    for (char** inherited = environ; *inherited != nullptr; ++inherited) variables.push_back(*inherited);
    variables.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    pid_t process = -1;
    int const failure = ::posix_spawn(&process, "/proc/self/exe", &actions, nullptr, arguments, variables.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) throw std::system_error(failure, std::generic_category(), "posix_spawn");
    return process;
}

// Appends what can be read; false at the end of the stream.
bool read_into(std::string& text, int descriptor) {
    char buffer[4096];
    ssize_t const got = ::read(descriptor, buffer, sizeof buffer);
    if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && errno == EINTR);
}

// Reads both streams to their ends; false if the time ran out first.
bool drain(int out, int err, child_end& end, steady::time_point deadline) {
    pollfd streams[] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
    while (streams[0].fd >= 0 || streams[1].fd >= 0) {
        auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady::now()).count();
        if (left <= 0) return false;
        if (::poll(streams, 2, static_cast<int>(left)) < 0 && errno != EINTR) return false;
        if (streams[0].revents != 0 && !read_into(end.out, out)) streams[0].fd = -1;
        if (streams[1].revents != 0 && !read_into(end.err, err)) streams[1].fd = -1;
    }
    return true;
}

}  // namespace

child::child(char const* name, int (*body)()) : name_(name), body_(body), next_(all_) { all_ = this; }

child_end child::run(std::vector<std::string> environment, std::chrono::seconds limit) const {
    pipe_ends out, err;
    pid_t const process = start(name_, environment, out.write, err.write);
    out.close_write();
    err.close_write();

    child_end end;
    end.timed_out = !drain(out.read, err.read, end, steady::now() + limit);
    if (end.timed_out) ::kill(process, SIGKILL);

    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {}
    if (WIFEXITED(status)) end.exit_status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    return end;
}

int child::run_here(std::string_view name) {
    rlimit const no_core{0, 0};  // most children end by abort, on purpose
    ::setrlimit(RLIMIT_CORE, &no_core);
    for (child const* candidate = all_; candidate != nullptr; candidate = candidate->next_)
        if (name == candidate->name_) return candidate->body_();
    std::fprintf(stderr, "no child is called '%.*s'\n", static_cast<int>(name.size()), name.data());
    return 127;
}

}  // namespace weft_test
