// weftsum: SHA-256 checksums of directory trees, in parallel, printed as sha256sum prints them.
//
//     walkers -> producer -> digest fibers -> printer
//
// The walkers, fibers of fs::walk, read directories ahead (walk.cpp); the producer puts their files in order and into
// batches, the digest fibers read and hash (pipeline.cpp, digest.cpp), and the printer restores the order (printer.cpp),
// which selects over results, interrupts (interrupt.cpp) and the clock.

#include <csignal>
#include <cstdio>
#include <exception>
#include <weft/weft.hpp>

#include "interrupt.hpp"
#include "options.hpp"
#include "run.hpp"

int main(int argc, char** argv) {
    weftsum::parsed_options const parsed = weftsum::parse_options(argc, argv);
    if (!parsed.proceed) return parsed.exit_status;

    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write(), reported like any other
    weftsum::interrupt const interrupts;
    try {
        weft::runtime runtime;
        return runtime.run([&] { return weftsum::run(parsed.what, interrupts.channel(), runtime); });
    } catch (std::exception const& error) {
        std::fprintf(stderr, "weftsum: %s\n", error.what());
        return 1;
    }
}
