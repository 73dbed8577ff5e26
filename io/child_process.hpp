#pragma once
// A child process from its start until it is reaped.
//
// Invariants: until `over_` the child has not been reaped, so that its number means it and no other process. Only `reap` waits
//             for it, and only under lock_: nobody signals a number that is somebody else's.
//             `end_` is readable from the child's end on, reaped or not.
// Lock order: lock_ is a leaf, held over system calls that never wait.

#include "descriptor.hpp"

#include <weft/clock.hpp>
#include <weft/exit_status.hpp>

#include <sys/types.h>
#include <mutex>
#include <thread>
#include <utility>

namespace weft::detail {

class child_process {
public:
    /// `end` becomes readable when the child ends, and is released with this object. `helper`, if any, ends with the child.
    child_process(pid_t number, bool leads_group, clock::duration grace, descriptor& end, std::jthread helper) noexcept
        : number_(number), leads_group_(leads_group), grace_(grace), end_(end), helper_(std::move(helper)) {}
    /// The child must have ended.
    ~child_process() { end_.release(); }
    child_process(child_process const&) = delete;

    pid_t number() const noexcept { return number_; }
    clock::duration grace() const noexcept { return grace_; }
    descriptor& end() const noexcept { return end_; }

    /// Whether it has ended. Never waits.
    bool reap() noexcept;
    /// The same, at the latest at `deadline`.
    /// Errors: `cancelled`.
    bool wait_until(clock::time_point deadline);
    /// False: it has ended.
    /// Errors: `std::system_error`.
    bool kill(int signal);
    /// By force, if it has not ended after `grace`. It has ended then.
    void terminate(clock::duration grace) noexcept;

    /// Of a child that has ended.
    /// Errors: `no_child_process` if somebody else has reaped it.
    exit_status status() const;

private:
    int send(int signal) noexcept;
    void block_until(clock::time_point deadline) noexcept;

    pid_t const number_;
    bool const leads_group_;
    clock::duration const grace_;
    descriptor& end_;
    std::jthread const helper_;
    mutable std::mutex lock_;
    bool over_ = false;  // guarded by lock_, like the next two
    bool lost_ = false;  // somebody else has reaped it
    exit_status status_;
};

}  // namespace weft::detail
