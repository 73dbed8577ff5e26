#include <weft/stuck.hpp>

#include "describe.hpp"

#include <execinfo.h>
#include <unistd.h>
#include <chrono>

namespace weft {

void print_stuck(stuck_report const& report) noexcept {
    using namespace std::chrono;
    detail::text_sink const to(STDERR_FILENO);
    to << "weft: ";
    detail::describe_identity(report.fiber, report.name, report.where, to);
    to << (report.in_kernel ? " has blocked its worker for " : " has computed for ")
       << static_cast<std::uint64_t>(ceil<milliseconds>(report.since).count())
       << (report.in_kernel ? " ms; weft::blocking is for such calls\n"
                            : " ms without a break; this_fiber::yield lets others run\n");
    if (!report.stack.empty())
        ::backtrace_symbols_fd(report.stack.data(), static_cast<int>(report.stack.size()), STDERR_FILENO);
}

}  // namespace weft
