// Everything below the handler is async-signal-safe: no allocation, no lock, no stdio.
#include <weft/detail/overflow_report.hpp>

#include <sys/mman.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <mutex>

namespace weft::detail {

namespace {

constexpr std::size_t signal_stack_bytes = 64 * 1024;

overflow_describer describe_fiber = nullptr;  // written once, before the handler is installed
struct sigaction previous_segv;
struct sigaction previous_bus;

void pass_on(int signal, siginfo_t* info, void* context) {
    struct sigaction const& before = signal == SIGSEGV ? previous_segv : previous_bus;
    if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr) {
        before.sa_sigaction(signal, info, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(signal);
    } else {
        // Back to the default; returning repeats the faulting instruction, which now ends the process.
        struct sigaction fallback {};
        fallback.sa_handler = SIG_DFL;
        sigaction(signal, &fallback, nullptr);
    }
}

void on_fault(int signal, siginfo_t* info, void* context) {
    stack_slot const* overflowed = stack_depot::guarded_by(info->si_addr);
    if (overflowed == nullptr) return pass_on(signal, info, context);

    write_text(STDERR_FILENO, "weft: stack overflow in ");
    describe_fiber(*overflowed, STDERR_FILENO);
    write_text(STDERR_FILENO, "weft: its stack has ");
    write_number(STDERR_FILENO, stack_class_bytes(overflowed->size_class));
    write_text(STDERR_FILENO,
               " bytes; give it more with spawn_options{.stack_bytes = ...}, or all fibers with "
               "runtime_options::stack_bytes or WEFT_STACK_BYTES\n");

    // The default action, so that exit status and core dump say what happened.
    struct sigaction fallback {};
    fallback.sa_handler = SIG_DFL;
    sigaction(signal, &fallback, nullptr);
}

}  // namespace

void write_text(int to, std::string_view text) noexcept {
    while (!text.empty()) {
        ssize_t const wrote = ::write(to, text.data(), text.size());
        if (wrote <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(wrote));
    }
}

void write_number(int to, std::uint64_t number) noexcept {
    char digits[24];
    char* first = digits + sizeof digits - 1;
    *first = '\0';
    do {
        *--first = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number != 0);
    write_text(to, first);
}

void install_overflow_report(overflow_describer describe) {
    static std::once_flag once;
    std::call_once(once, [describe] {
        describe_fiber = describe;
        struct sigaction handler {};
        handler.sa_sigaction = &on_fault;
        handler.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigemptyset(&handler.sa_mask);
        sigaction(SIGSEGV, &handler, &previous_segv);
        sigaction(SIGBUS, &handler, &previous_bus);
    });
}

signal_stack::signal_stack() {
    stack_t current{};
    // A sanitizer, or the program, may have given this thread a signal stack already.
    if (sigaltstack(nullptr, &current) == 0 && (current.ss_flags & SS_DISABLE) == 0) return;
    void* memory = mmap(nullptr, signal_stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;  // an overflow then ends the process without a report
    stack_t mine{};
    mine.ss_sp = memory;
    mine.ss_size = signal_stack_bytes;
    sigaltstack(&mine, nullptr);
    memory_ = memory;
}

signal_stack::~signal_stack() {
    if (memory_ == nullptr) return;
    stack_t off{};
    off.ss_flags = SS_DISABLE;
    sigaltstack(&off, nullptr);
    munmap(memory_, signal_stack_bytes);
}

}  // namespace weft::detail
