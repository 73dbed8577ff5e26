// Starts children by posix_spawn: unlike fork it copies no page tables, and runs no code of ours in the child.
#include "start_child.hpp"

#include <weft/process.hpp>

#include <csignal>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace weft::detail {

namespace {

using kind = stdio_access::kind;

constexpr int streams = 3;
constexpr int first_free = 3;  // the numbers below are the child's streams

[[noreturn]] void refuse(int error, std::string const& what) {
    throw std::system_error(error, std::generic_category(), what);
}

owned_number taken(call_result const& made, std::string const& what) {
    if (made.error != 0) refuse(made.error, what);
    return owned_number(static_cast<int>(made.value));
}

void check_text(std::string const& text, char const* part) {
    if (text.find('\0') != text.npos)
        throw std::invalid_argument("weft::process: " + std::string(part) + " has a zero byte inside");
}

std::string_view name_of(std::string_view variable) noexcept { return variable.substr(0, variable.find('=')); }

class environment {
public:
    explicit environment(process_options const& options) : own_(options.environment) {
        for (std::string const& variable : own_) {
            check_text(variable, "a variable of the environment");
            if (variable.find('=') == variable.npos || variable.front() == '=')
                throw std::invalid_argument("weft::process: not NAME=value: \"" + variable + "\"");
        }
        if (options.inherit_environment)
            for (char** inherited = environ; inherited != nullptr && *inherited != nullptr; ++inherited)
                if (!is_set(name_of(*inherited), 0)) all_.push_back(*inherited);
        for (std::size_t i = 0; i != own_.size(); ++i)
            if (!is_set(name_of(own_[i]), i + 1)) all_.push_back(const_cast<char*>(own_[i].c_str()));
        all_.push_back(nullptr);
    }
    char* const* variables() const noexcept { return all_.data(); }

private:
    // The last one counts.
    bool is_set(std::string_view name, std::size_t from) const noexcept {
        for (std::size_t i = from; i < own_.size(); ++i)
            if (name_of(own_[i]) == name) return true;
        return false;
    }

    std::vector<std::string> const& own_;
    std::vector<char*> all_;
};

class spawn_actions {
public:
    spawn_actions() {
        if (int const error = ::posix_spawn_file_actions_init(&actions_); error != 0) throw std::bad_alloc();
    }
    ~spawn_actions() { ::posix_spawn_file_actions_destroy(&actions_); }
    spawn_actions(spawn_actions const&) = delete;

    void duplicate(int from, int to) { added(::posix_spawn_file_actions_adddup2(&actions_, from, to)); }
    void enter(std::string const& directory) {
        added(::posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()));
    }
    void close_from(int first) { added(::posix_spawn_file_actions_addclosefrom_np(&actions_, first)); }
    posix_spawn_file_actions_t const* get() const noexcept { return &actions_; }

private:
    static void added(int error) {
        if (error != 0) refuse(error, "weft::process");
    }
    posix_spawn_file_actions_t actions_;
};

class spawn_attributes {
public:
    explicit spawn_attributes(bool own_group) {
        if (int const error = ::posix_spawnattr_init(&attributes_); error != 0) throw std::bad_alloc();
        sigset_t none;
        ::sigemptyset(&none);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        sigset_t reset;
        ::sigfillset(&reset);
        // Ignored for whole families of processes, by nohup and by shells; a handler of ours does not survive the exec.
        for (int const kept : {SIGHUP, SIGINT, SIGQUIT}) ::sigdelset(&reset, kept);
        ::posix_spawnattr_setsigdefault(&attributes_, &reset);
        int const flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (own_group ? POSIX_SPAWN_SETPGROUP : 0);
        ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
    }
    ~spawn_attributes() { ::posix_spawnattr_destroy(&attributes_); }
    spawn_attributes(spawn_attributes const&) = delete;
    posix_spawnattr_t const* get() const noexcept { return &attributes_; }

private:
    posix_spawnattr_t attributes_;
};

owned_number opened(std::string const& path, int flags) {
    check_text(path, "a path");
    constexpr mode_t for_all = 0666;
    return taken(calls::uninterrupted([&] { return os().openat(AT_FDCWD, path.c_str(), flags | O_CLOEXEC, for_all); }),
                 "weft::process: \"" + path + "\"");
}

// A number that no stream of the child gets.
owned_number lifted(int fd, std::string const& what) {
    return taken(calls::result(os().fcntl(fd, F_DUPFD_CLOEXEC, first_free)), what);
}

// The child's stream `i`: what it is to be a copy of, and our end if it is a pipe.
struct stream_ends {
    owned_number theirs;
    owned_number ours;
};

stream_ends make_pipe(bool child_reads) {
    int numbers[2];
    call_result const made = calls::result(os().pipe2(numbers, O_CLOEXEC));
    if (made.error != 0) refuse(made.error, "weft::process: a pipe");
    stream_ends ends{owned_number(numbers[child_reads ? 0 : 1]), owned_number(numbers[child_reads ? 1 : 0])};
    // Ours only: programs expect streams that block.
    call_result const set = calls::result(os().fcntl(ends.ours.get(), F_SETFL, O_NONBLOCK));
    if (set.error != 0) refuse(set.error, "weft::process: a pipe");
    return ends;
}

stream_ends make_stream(stdio const& wanted, int i) {
    bool const reads = i == STDIN_FILENO;
    std::string const& path = stdio_access::path(wanted);
    stream_ends ends;
    switch (stdio_access::what(wanted)) {
    case kind::inherited: return ends;
    case kind::null: ends.theirs = opened("/dev/null", O_RDWR); break;
    case kind::pipe: ends = make_pipe(reads); break;
    case kind::number:
        ends.theirs = lifted(stdio_access::number(wanted),
                             "weft::process: descriptor " + std::to_string(stdio_access::number(wanted)));
        return ends;
    case kind::file: ends.theirs = opened(path, reads ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC); break;
    case kind::append:
        if (reads) throw std::invalid_argument("weft::process: standard input cannot be appended to");
        ends.theirs = opened(path, O_WRONLY | O_CREAT | O_APPEND);
        break;
    case kind::merge:
        if (i != STDERR_FILENO) throw std::invalid_argument("weft::process: only standard error can be merged");
        return ends;
    }
    if (ends.theirs.get() < first_free) ends.theirs = lifted(ends.theirs.get(), "weft::process");
    return ends;
}

void wait_for_end(pid_t number, int options) noexcept {
    siginfo_t about{};
    calls::uninterrupted([&] { return os().waitid(P_PID, static_cast<id_t>(number), &about, WEXITED | options); });
}

// Where the system has no descriptors for processes, or forbids them: a thread waits, and closes a pipe.
end_watch watched_by_thread(pid_t number) {
    int numbers[2];
    call_result const made = calls::result(os().pipe2(numbers, O_CLOEXEC));
    if (made.error != 0) refuse(made.error, "weft::process: a pipe");
    owned_number end(numbers[0]);
    owned_number open_while_it_runs(numbers[1]);
    std::jthread helper([number, open = std::move(open_while_it_runs)] { wait_for_end(number, WNOWAIT); });
    return {std::move(helper), std::move(end)};
}

end_watch watch_end(pid_t number) {
    call_result const made = calls::result(os().pidfd_open(number, 0));
    if (made.error == ENOSYS || made.error == EPERM) return watched_by_thread(number);
    return {{}, taken(made, "weft::process: pidfd_open")};
}

}  // namespace

unwatched_child::~unwatched_child() {
    if (number_ < 0) return;
    os().kill(number_, SIGKILL);
    wait_for_end(number_, 0);
}

started_child start_child(std::vector<std::string> const& command, process_options const& options) {
    if (command.empty()) throw std::invalid_argument("weft::process: the command is empty");
    std::vector<char*> arguments;
    for (std::string const& argument : command) {
        check_text(argument, "an argument");
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    check_text(options.directory, "the directory");
    environment const variables(options);
    std::string const path = look_path(command[0]);

    spawn_actions actions;
    stream_ends ends[streams];
    stdio const* const wanted[streams] = {&options.in, &options.out, &options.err};
    for (int i = 0; i != streams; ++i) ends[i] = make_stream(*wanted[i], i);
    for (int i = 0; i != streams; ++i)
        if (ends[i].theirs.get() >= 0) actions.duplicate(ends[i].theirs.get(), i);
    if (stdio_access::what(options.err) == kind::merge) actions.duplicate(STDOUT_FILENO, STDERR_FILENO);
    if (!options.directory.empty()) actions.enter(options.directory);
    actions.close_from(first_free);

    spawn_attributes const attributes(options.own_group);
    pid_t number = -1;
    int const error = os().posix_spawn(&number, path.c_str(), actions.get(), attributes.get(), arguments.data(),
                                       variables.variables());
    if (error != 0) {
        std::string what = "weft::process: \"" + path + "\"";
        if (!options.directory.empty()) what += " in \"" + options.directory + "\"";
        refuse(error, what);
    }
    unwatched_child child(number);
    end_watch watch = watch_end(number);
    return {std::move(watch),
            std::move(child),
            {std::move(ends[0].ours), std::move(ends[1].ours), std::move(ends[2].ours)}};
}

}  // namespace weft::detail
