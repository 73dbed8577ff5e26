#include <weft/stuck.hpp>

#include "describe.hpp"

#include <execinfo.h>
#include <unistd.h>
#include <chrono>

namespace weft {

void print_stuck(stuck_report const& report) noexcept {
    using namespace std::chrono;
    detail::write_text(STDERR_FILENO, "weft: ");
    detail::describe_identity(report.fiber, report.name, report.where, STDERR_FILENO);
    detail::write_text(STDERR_FILENO, report.in_kernel ? " has blocked its worker for " : " has computed for ");
    detail::write_number(STDERR_FILENO, static_cast<std::uint64_t>(ceil<milliseconds>(report.since).count()));
    detail::write_text(STDERR_FILENO, report.in_kernel ? " ms; weft::blocking is for such calls\n"
                                                       : " ms without a break; this_fiber::yield lets others run\n");
    if (!report.stack.empty())
        ::backtrace_symbols_fd(report.stack.data(), static_cast<int>(report.stack.size()), STDERR_FILENO);
}

}  // namespace weft
