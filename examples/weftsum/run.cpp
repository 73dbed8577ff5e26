#include "run.hpp"

#include "checksum_list.hpp"
#include "console.hpp"
#include "pipeline.hpp"
#include "printer.hpp"
#include "report.hpp"
#include "statistics.hpp"
#include "walk.hpp"

namespace weftsum {
namespace {

int print_all(file_source& source, report& report, console& out, options const& wanted, weft::recv_chan<int> interrupts,
              weft::runtime const& runtime) {
    pipeline digests(source, wanted.jobs);
    printer printer(digests, report, out);
    int const exit_status = printer.print_all(interrupts);
    if (wanted.stats) {
        out.note(format_statistics(printer.done(), runtime.stats().spawned));
        out.flush();
    }
    return exit_status;
}

}  // namespace

int run(options const& wanted, weft::recv_chan<int> interrupts, weft::runtime const& runtime) {
    console out;
    if (wanted.check_list.empty()) {
        walk source(wanted.paths);
        sum_report report(out);
        return print_all(source, report, out, wanted, interrupts, runtime);
    }
    checksum_list source(wanted.check_list, wanted.paths);
    check_report report(out, source);
    return print_all(source, report, out, wanted, interrupts, runtime);
}

}  // namespace weftsum
