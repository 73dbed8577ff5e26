#include "quit_signal.hpp"

#include "futex.hpp"

#include <weft/detail/diagnostics.hpp>
#include <weft/detail/outside_source.hpp>
#include <weft/detail/overflow_report.hpp>

#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <mutex>

namespace weft::detail {

namespace {

std::atomic<monitor_bell*> bells{nullptr};  // only ever grows
std::atomic<bool> asked{false};             // by the handler; taken by one monitor
std::atomic<bool> claimed{false};           // the program wants the signal for itself

// Set before the handler is installed.
struct sigaction before;
sigquit_action chosen = sigquit_action::print;

bool had_handler() noexcept {
    return (before.sa_flags & SA_SIGINFO) != 0 ? before.sa_sigaction != nullptr : before.sa_handler != SIG_DFL;
}

// True: somebody lives who will answer.
bool ring_all() noexcept {
    bool any = false;
    for (monitor_bell* b = bells.load(std::memory_order_acquire); b != nullptr; b = b->next) {
        if (!b->taken.load(std::memory_order_acquire)) continue;
        std::uint32_t word = b->word.load(std::memory_order_relaxed);
        while (word <= monitor_bell::resting &&
               !b->word.compare_exchange_weak(word, monitor_bell::rung, std::memory_order_acq_rel,
                                              std::memory_order_relaxed)) {}
        any = any || word != monitor_bell::ending;
        futex_wake(b->futex());
    }
    return any;
}

// As if this handler had never been.
void quit() noexcept {
    ::sigaction(SIGQUIT, &before, nullptr);
    ::kill(::getpid(), SIGQUIT);
}

void on_quit(int signal, siginfo_t* info, void* context) {
    int const error = errno;
    bool const is_question = !claimed.load(std::memory_order_acquire);
    if (is_question) asked.store(true, std::memory_order_release);
    bool const somebody_answers = !is_question || ring_all();
    if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr)
        before.sa_sigaction(signal, info, context);
    else if (had_handler())
        before.sa_handler(signal);
    else if (!somebody_answers)
        quit();
    errno = error;
}

}  // namespace

void claim_quit_signal(bool by_program) noexcept { claimed.store(by_program, std::memory_order_release); }

monitor_bell& take_bell() {
    for (monitor_bell* b = bells.load(std::memory_order_acquire); b != nullptr; b = b->next) {
        if (b->taken.exchange(true, std::memory_order_acq_rel)) continue;
        b->word.store(monitor_bell::ticking, std::memory_order_relaxed);
        return *b;
    }
    auto* made = new monitor_bell;
    made->next = bells.load(std::memory_order_relaxed);
    while (!bells.compare_exchange_weak(made->next, made, std::memory_order_acq_rel, std::memory_order_relaxed)) {}
    return *made;
}

void put_bell(monitor_bell& bell) noexcept { bell.taken.store(false, std::memory_order_release); }

void install_quit_signal(sigquit_action action) noexcept {
    if (action == sigquit_action::ignore) return;
    static std::once_flag once;
    std::call_once(once, [action] {
        chosen = action;
        ::sigaction(SIGQUIT, nullptr, &before);
        if ((before.sa_flags & SA_SIGINFO) == 0 && before.sa_handler == SIG_IGN) return;
        struct sigaction handler {};
        handler.sa_sigaction = &on_quit;
        handler.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
        sigemptyset(&handler.sa_mask);
        ::sigaction(SIGQUIT, &handler, nullptr);
    });
}

void answer_quit_signal() noexcept {
    if (!asked.exchange(false, std::memory_order_acq_rel)) return;
    write_text(STDERR_FILENO, "weft: SIGQUIT: all fibers\n");
    dump_fibers(STDERR_FILENO);
    if (chosen == sigquit_action::quit && !had_handler()) quit();
}

}  // namespace weft::detail
