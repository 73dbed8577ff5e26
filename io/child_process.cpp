#include "child_process.hpp"

#include <weft/blocking.hpp>
#include <weft/detail/readiness_source.hpp>
#include <weft/detail/typed_case.hpp>
#include <weft/select.hpp>
#include <weft/this_fiber.hpp>

#include <algorithm>
#include <chrono>
#include <climits>
#include <csignal>
#include <system_error>

namespace weft::detail {

bool child_process::reap() noexcept {
    std::scoped_lock guard(lock_);
    if (over_) return true;
    siginfo_t about{};
    call_result const asked =
        calls::uninterrupted([&] { return os().waitid(P_PID, static_cast<id_t>(number_), &about, WEXITED | WNOHANG); });
    if (asked.error != 0) return over_ = lost_ = true;
    if (about.si_pid == 0) return false;
    status_ = about.si_code == CLD_EXITED ? exit_status::exited(about.si_status)
                                          : exit_status::signalled(about.si_status, about.si_code == CLD_DUMPED);
    return over_ = true;
}

bool child_process::wait_until(clock::time_point deadline) {
    while (!reap()) {
        if (clock::now() >= deadline) return false;
        if (!end_.can_wait()) {
            block_until(deadline);
            continue;
        }
        no_handler nothing;
        select(source_case<readiness_source, no_handler&>({&end_, direction::read}, nothing), on_deadline(deadline));
    }
    return true;
}

// When the runtime whose poller watched the end is gone: by a helper thread, if the caller is a fiber.
void child_process::block_until(clock::time_point deadline) noexcept {
    auto const look = [&] {
        end_.call([deadline](int fd) noexcept {
            bool const for_ever = deadline == clock::time_point::max();
            auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now()).count();
            pollfd about{fd, POLLIN, 0};
            int const limit = for_ever ? -1 : static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
            return calls::result(os().poll(&about, 1, limit));
        });
    };
    this_fiber::shield const meanwhile;  // a cancellation is found out before or after
    try {
        blocking(look);
    } catch (std::system_error const&) {
        look();  // there is no thread for it
    }
}

// An errno value; ESRCH if it has ended.
int child_process::send(int signal) noexcept {
    std::scoped_lock guard(lock_);
    if (over_) return ESRCH;
    return calls::result(os().kill(leads_group_ ? -number_ : number_, signal)).error;
}

bool child_process::kill(int signal) {
    int const error = send(signal);
    if (error == 0 || error == ESRCH) return error == 0;
    throw std::system_error(error, std::generic_category(), "weft::process::kill");
}

void child_process::terminate(clock::duration grace) noexcept {
    this_fiber::shield const to_its_end;
    if (reap()) return;
    send(SIGTERM);  // if it may not be signalled, its end is still to be waited for
    if (wait_until(deadline_after(grace))) return;
    send(SIGKILL);
    wait_until(clock::time_point::max());
}

exit_status child_process::status() const {
    std::scoped_lock guard(lock_);
    if (lost_) throw std::system_error(ECHILD, std::generic_category(), "weft::process::wait");
    return status_;
}

}  // namespace weft::detail
