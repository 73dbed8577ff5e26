// A signal's handler that does not return until it is told to.
//
// A thread that holds a lock must not be held. One that sleeps in the kernel holds none, and only it is interrupted there:
// in its handler the system call that it was in has returned EINTR already.
#include "held_thread.hpp"

#include <sys/eventfd.h>
#include <ucontext.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>

namespace gating {

namespace {

// Written by the constructor before the signal that lets the handler read them.
int arrived = -1;
int released = -1;

enum class answer : std::uint64_t { not_asleep = 1, held = 2 };

// async-signal-safe
void give(int event, std::uint64_t count) noexcept {
    while (::write(event, &count, sizeof count) < 0 && errno == EINTR) {}
}
std::uint64_t take(int event) noexcept {
    std::uint64_t count = 0;
    while (::read(event, &count, sizeof count) < 0 && errno == EINTR) {}
    return count;
}

bool was_asleep(ucontext_t const& interrupted) noexcept {
#if defined(__x86_64__)
    return interrupted.uc_mcontext.gregs[REG_RAX] == -EINTR;
#elif defined(__aarch64__)
    return static_cast<std::int64_t>(interrupted.uc_mcontext.regs[0]) == -EINTR;
#endif
}

void hold(int, siginfo_t*, void* context) {
    int const number = errno;
    bool const can_be_held = was_asleep(*static_cast<ucontext_t*>(context));
    give(arrived, static_cast<std::uint64_t>(can_be_held ? answer::held : answer::not_asleep));
    if (can_be_held) take(released);
    errno = number;
}

int checked(int result) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), "gating::held_thread");
    return result;
}

}  // namespace

held_thread::held_thread(pid_t thread) {
    arrived = checked(::eventfd(0, EFD_CLOEXEC));
    released = checked(::eventfd(0, EFD_CLOEXEC));
    struct sigaction holding {};
    holding.sa_sigaction = &hold;
    holding.sa_flags = SA_SIGINFO;
    checked(::sigaction(SIGUSR1, &holding, nullptr));
    do {
        std::this_thread::yield();
        checked(::tgkill(::getpid(), thread, SIGUSR1));
    } while (take(arrived) != static_cast<std::uint64_t>(answer::held));
}

// The two descriptors stay open: the thread may still be reading.
held_thread::~held_thread() { give(released, 1); }

pid_t youngest_thread() {
    // The kernel lists threads in the order in which they were started.
    std::string youngest;
    for (auto const& thread : std::filesystem::directory_iterator("/proc/self/task"))
        youngest = thread.path().filename().string();
    return std::stoi(youngest);
}

}  // namespace gating
