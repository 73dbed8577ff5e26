#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <thread>

namespace weftsum {
namespace {

constexpr int usage_error = 2;
constexpr unsigned max_jobs = 1024;

// CLI11 takes an argument like "[a,b]" for a list and splits it, but it is a valid file name. A mark in front hides the
// bracket while CLI11 looks, and is taken off again afterwards.
constexpr char mark = '\x01';

std::string hide_bracket(std::string argument) {
    if (!argument.empty() && (argument.front() == '[' || argument.front() == mark)) argument.insert(0, 1, mark);
    return argument;
}

void reveal_bracket(std::string& argument) {
    if (!argument.empty() && argument.front() == mark) argument.erase(0, 1);
}

// A fiber that waits for the disk leaves its core to another one: two per core keep the cores busy.
unsigned default_jobs() { return std::clamp(2 * std::thread::hardware_concurrency(), 2U, max_jobs); }

}  // namespace

parsed_options parse_options(int argc, char** argv) {
    parsed_options parsed;
    options& wanted = parsed.what;
    wanted.jobs = default_jobs();

    CLI::App app(
        "Prints the SHA-256 checksums of all regular files at and below each PATH, as sha256sum prints them,\n"
        "sorted by the bytes of their names. A PATH may be a symbolic link; links below it are not followed.",
        "weftsum");
    app.set_help_flag("-h,--help", "print this help and exit");
    app.add_option("-j", wanted.jobs, "files to work on at the same time")
        ->type_name("N")
        ->check(CLI::Range(1U, max_jobs))
        ->take_last()
        ->capture_default_str();
    app.add_option(
           "--check", wanted.check_list,
           "verify the checksums in LIST (- is standard input) as sha256sum -c does; with PATHs, only the files "
           "at and below them")
        ->type_name("LIST")
        ->check([](std::string const& list) { return list.empty() ? "the name of the list is empty" : ""; });
    app.add_flag("--stats", wanted.stats, "print files, bytes, time, rate, fibers and peak memory on standard error")
        ->disable_flag_override();
    app.add_option("PATH", wanted.paths, "files and directories")->type_name("");

    // CLI11 wants the arguments last to first.
    std::vector<std::string> arguments;
    for (int i = argc - 1; i > 0; --i) arguments.push_back(hide_bracket(argv[i]));

    try {
        app.parse(std::move(arguments));
        if (wanted.paths.empty() && wanted.check_list.empty()) throw CLI::RequiredError("PATH");
    } catch (CLI::CallForHelp const&) {
        std::fputs(app.help().c_str(), stdout);
        return parsed;
    } catch (CLI::ParseError const& error) {
        std::fprintf(stderr, "weftsum: %s\n%s", error.what(), app.help().c_str());
        parsed.exit_status = usage_error;
        return parsed;
    }

    std::for_each(wanted.paths.begin(), wanted.paths.end(), reveal_bracket);
    reveal_bracket(wanted.check_list);
    parsed.proceed = true;
    return parsed;
}

}  // namespace weftsum
