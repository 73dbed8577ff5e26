#include "interrupt.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace weftsum {
namespace {

constexpr int stop_watching = SIGUSR1;
constexpr timespec patience{2, 0};

}  // namespace

interrupt::interrupt() {
    sigemptyset(&watched_);
    for (int signal : {SIGINT, SIGTERM, stop_watching}) sigaddset(&watched_, signal);
    pthread_sigmask(SIG_BLOCK, &watched_, nullptr);
    watcher_ = std::thread([this] { watch(); });
}

interrupt::~interrupt() {
    pthread_kill(watcher_.native_handle(), stop_watching);
    watcher_.join();
}

void interrupt::watch() const {
    int const first = sigwaitinfo(&watched_, nullptr);
    if (first == stop_watching) return;
    signals_.send(first);

    if (sigtimedwait(&watched_, nullptr, &patience) == stop_watching) return;
    constexpr std::string_view message = "\nweftsum: killed while waiting for a file or for standard output\n";
    [[maybe_unused]] ssize_t const written = ::write(STDERR_FILENO, message.data(), message.size());
    std::_Exit(128 + first);
}

}  // namespace weftsum
