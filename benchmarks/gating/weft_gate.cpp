// The program whose events benchmarks/gate counts.
//
//     weft_gate OPERATION ROUNDS     repeats an operation n times, and 2n times, in turns
//     weft_gate                      prints the names of the operations
//     weft_gate about                prints what decides how many instructions they have
//
// Each such section prints a line "repetitions allocations switches parks wakeups" with what this process counts itself.
// For the tools outside it is marked twice: by a dump of callgrind's counts, which run only inside sections, and by a
// write to no file, which names the section in strace's log.
//
// Rejected: counting whole processes. Starting one costs millions of instructions that differ from run to run.
#include "allocations.hpp"
#include "held_thread.hpp"
#include "operations.hpp"

#include <weft/weft.hpp>

#include <gnu/libc-version.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <valgrind/callgrind.h>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void report_and_exit(char const* what) {
    std::fprintf(stderr, "weft_gate: %s\n", what);
    std::exit(2);  // NOLINT(concurrency-mt-unsafe): the gate looks at nothing but the status then
}

void print_about() {
#ifdef __clang__
    char const* const compiler = "clang " __clang_version__;
#else
    char const* const compiler = "g++ " __VERSION__;
#endif
    utsname machine{};
    uname(&machine);
    std::printf("%s, glibc %s, %s\n", compiler, gnu_get_libc_version(), machine.machine);
}

void mark_for_strace(std::string const& text) {
    constexpr int no_file = -1;
    if (::write(no_file, text.data(), text.size()) >= 0) report_and_exit("a file has the number -1");
}

void measure(gating::operation const& what, weft::runtime& here, std::uint64_t repetitions) {
    std::string const section = std::to_string(repetitions);
    weft::runtime_stats const before = here.stats();
    std::uint64_t const allocations_before = gating::allocations();
    mark_for_strace("begin " + section);
    CALLGRIND_TOGGLE_COLLECT;
    std::uint64_t const result = what.work(repetitions);
    CALLGRIND_TOGGLE_COLLECT;
    mark_for_strace("end " + section);
    std::uint64_t const allocations = gating::allocations() - allocations_before;
    weft::runtime_stats const after = here.stats();
    CALLGRIND_DUMP_STATS_AT(section.c_str());

    if (result != what.checksum(repetitions)) report_and_exit("an operation computed something else than it should");
    auto const number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::printf("%llu %llu %llu %llu %llu\n", number(repetitions), number(allocations),
                number(after.dispatches - before.dispatches), number(after.parks - before.parks),
                number(after.wakeups - before.wakeups));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 1) {
        gating::list_operations();
        return 0;
    }
    if (argc == 2 && argv[1] == std::string_view("about")) {
        print_about();
        return 0;
    }
    if (argc != 3) report_and_exit("usage: weft_gate [OPERATION ROUNDS | about]");
    gating::operation const* const what = gating::find_operation(argv[1]);
    if (what == nullptr) report_and_exit("no such operation; weft_gate without arguments prints them");
    long const rounds = std::strtol(argv[2], nullptr, 10);

    weft::runtime_options options;
    options.workers = what->workers;
    options.seed = 1;  // select's choices repeat themselves, too
    weft::runtime here(options);
    gating::held_thread const monitor(gating::youngest_thread());
    here.run([&] {
        what->work(what->repetitions);  // from now on stacks and memory are there
        for (long round = 0; round != rounds; ++round) {
            measure(*what, here, what->repetitions);
            measure(*what, here, 2 * what->repetitions);
        }
    });
}
