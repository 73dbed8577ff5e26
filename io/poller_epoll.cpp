// Waits in epoll. Each descriptor is registered once, edge-triggered and for both directions; closing its number removes it.
//
// Any thread may look at the set; only its owner waits in it. The interrupt is an eventfd, level-triggered, so that another thread
// that happens to see it cannot take it from the owner.
//
// Invariants: interrupted_ => the eventfd is readable, or is about to be. It is cleared by a waiting poll only, after reading.
// Rejected:   one epoll set for all workers: they contend on its lock, and every event wakes somebody else's cache.
#include "poller_epoll.hpp"

#include "descriptor.hpp"
#include "owned_number.hpp"
#include "system_table.hpp"

#include <cerrno>
#include <chrono>
#include <limits>
#include <system_error>

namespace weft::detail {

namespace {

constexpr std::uint64_t interrupt_key = std::numeric_limits<std::uint64_t>::max();
constexpr int events_at_once = 128;  // 1.5 KiB of stack

int checked(int made, char const* what) {
    if (made < 0) throw std::system_error(errno, std::generic_category(), what);
    return made;
}

// Nanoseconds where the kernel has them (Linux 5.11), else whole milliseconds, rounded up. Returns as epoll_wait does.
int wait_for_events(int set, epoll_event* events, std::chrono::nanoseconds timeout, bool for_ever) noexcept {
    static std::atomic<bool> has_nanoseconds{true};  // a hint: written once, by whoever finds out first
    if (timeout.count() == 0) return os().epoll_wait(set, events, events_at_once, 0);
    if (has_nanoseconds.load(std::memory_order_relaxed)) {
        auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
        timespec const limit{seconds.count(), (timeout - seconds).count()};
        int const n = os().epoll_pwait2(set, events, events_at_once, for_ever ? nullptr : &limit);
        if (n >= 0 || (errno != ENOSYS && errno != EPERM)) return n;
        has_nanoseconds.store(false, std::memory_order_relaxed);
    }
    std::int64_t const milliseconds = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
    constexpr std::int64_t longest = std::numeric_limits<int>::max();
    return os().epoll_wait(set, events, events_at_once,
                           for_ever ? -1 : static_cast<int>(std::min(milliseconds, longest)));
}

readiness meaning(std::uint32_t events) noexcept {
    bool const ended = (events & (EPOLLHUP | EPOLLERR)) != 0;
    bool const peer_ended = (events & EPOLLRDHUP) != 0;
    bool const urgent = (events & EPOLLPRI) != 0;
    return {(events & EPOLLIN) != 0 || peer_ended || ended, (events & EPOLLOUT) != 0 || ended,
            peer_ended || ended || urgent};
}

class epoll_poller final : public readiness_poller {
public:
    epoll_poller() {
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        wanted.data.u64 = interrupt_key;
        checked(os().epoll_ctl(set_.get(), EPOLL_CTL_ADD, interrupt_.get(), &wanted), "weft: epoll_ctl");
    }
    ~epoll_poller() override {
        shared_watch()->end();
        descriptor::abandon_all(*shared_watch());
    }

    void add(int fd, std::uint64_t key) override {
        epoll_event wanted{};
        wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
        wanted.data.u64 = key;
        checked(os().epoll_ctl(set_.get(), EPOLL_CTL_ADD, fd, &wanted), "weft: epoll_ctl");
    }

    void remove(int fd) noexcept override { os().epoll_ctl(set_.get(), EPOLL_CTL_DEL, fd, nullptr); }

    void poll(clock::time_point deadline, ready_list& ready) override {
        bool const for_ever = deadline == clock::time_point::max();
        bool interrupted = false;
        for (;;) {
            clock::duration left{};
            if (deadline != clock::time_point::min())
                left = for_ever ? clock::duration::max() : deadline - clock::now();
            bool const waits = left.count() > 0;
            if (!waits) left = {};
            epoll_event events[events_at_once];
            int const count = wait_for_events(set_.get(), events, left, for_ever);
            for (int i = 0; i < count; ++i) {
                if (events[i].data.u64 != interrupt_key)
                    descriptor::event(events[i].data.u64, meaning(events[i].events), ready);
                else if (waits)
                    interrupted = true;
            }
            if (interrupted) clear_interrupt();
            bool const timed_out = count == 0;
            if (!waits || timed_out || interrupted || !ready.empty()) return;
        }
    }

    void interrupt() noexcept override {
        // Acquire and release: what was written before is seen by the poll that clears the flag.
        if (interrupted_.exchange(true, std::memory_order_acq_rel)) return;
        std::uint64_t const one = 1;
        while (os().write(interrupt_.get(), &one, sizeof one) < 0 && errno == EINTR) {}
    }

private:
    // In this order: an interrupt between the two finds the flag set and writes nothing, but this poll is about to return.
    void clear_interrupt() noexcept {
        std::uint64_t count = 0;
        while (os().read(interrupt_.get(), &count, sizeof count) < 0 && errno == EINTR) {}
        interrupted_.exchange(false, std::memory_order_acq_rel);
    }

    owned_number const set_{checked(os().epoll_create1(EPOLL_CLOEXEC), "weft: epoll_create1")};
    owned_number const interrupt_{checked(os().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "weft: eventfd")};
    std::atomic<bool> interrupted_{false};  // set by anybody, cleared by the owner; see clear_interrupt
};

}  // namespace

std::unique_ptr<readiness_poller> make_epoll_poller() { return std::make_unique<epoll_poller>(); }

}  // namespace weft::detail
