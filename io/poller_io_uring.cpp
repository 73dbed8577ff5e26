// Waits in an io_uring. Descriptors hand their requests in at the desk (see request_desk.hpp); a poll makes them known to the
// kernel, all at once, and hands out what has been completed.
//
//     prepare    orders of the descriptors that asked -> submission queue; pieces that came back -> the kernel
//     enter      one system call: submits, and waits if it may. None if there is nothing to submit and nothing to wait for.
//     reap       completion queue -> descriptors, and the fibers they wake
//
// Any thread may do all that: the queues are memory. Only the owner waits. A request lives in the kernel on behalf of the
// thread that submitted it, which is therefore a worker's, and is completed by it, between two of its instructions if need be.
// Hence a worker that is stuck in foreign code does not hold its completions up (the ring is not set up for cooperative or
// deferred task work), and others reap them.
//
// Invariants: under_way_ requests have been given to the kernel and have not had their last completion. The ring goes only
//             when there are none: the kernel writes into pieces until then.
//             Completions are handed out in their order: by one thread at a time, under reaping_.
// Lock order: reaping_, or preparing_, then a descriptor's, then the desk's. Nobody waits for reaping_ but the end.
// Rejected:   an event per interrupt that the owner reads (the edge is enough). Sends through the ring: a send seldom
//             waits, and its bytes would have to stay where they are until the ring has been entered.
#include "poller_io_uring.hpp"

#include "descriptor.hpp"
#include "ring_job.hpp"
#include "ring_submission.hpp"
#include "system_table.hpp"

#include <weft/detail/fatal.hpp>

#include <sys/mman.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>
#include <system_error>

namespace weft::detail {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t interrupt_name = std::numeric_limits<std::uint64_t>::max();
constexpr auto retry_interval = 1ms;  // while the kernel lacks the memory to take a request

[[noreturn]] void refuse(int error, char const* what) { throw std::system_error(error, std::generic_category(), what); }

/// The queues that are shared with the kernel.
class ring {
public:
    ring() {
        ring_sizes const sizes = sizes_of_new_rings;
        io_uring_params wanted{};
        wanted.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
        wanted.cq_entries = sizes.completions;
        int const fd = os().io_uring_setup(sizes.submissions, &wanted);
        if (fd < 0) refuse(errno, "weft: io_uring_setup");
        // A kernel with the last one has multishot polls too (5.13), without which no interrupt would be heard.
        constexpr unsigned needed =
            IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP;
        if ((wanted.features & needed) != needed) {
            os().close(fd);
            refuse(ENOSYS, "weft: io_uring of Linux 5.17 or later");
        }
        if (int const error = ::io_uring_queue_mmap(fd, &wanted, &both_); error != 0) {
            os().close(fd);
            refuse(-error, "weft: io_uring's queues");
        }
        // Not for a child: it would take completions away.
        ::io_uring_ring_dontfork(&both_);
        entries_ = wanted.sq_entries;
        for (unsigned i = 0; i != entries_; ++i) both_.sq.array[i] = i;
    }
    ~ring() { ::io_uring_queue_exit(&both_); }
    ring(ring const&) = delete;

    int number() const noexcept { return both_.ring_fd; }

    // ---- submissions: by one thread at a time, but `unsubmitted`

    unsigned unsubmitted() const noexcept {
        return io_uring_smp_load_acquire(both_.sq.ktail) - io_uring_smp_load_acquire(both_.sq.khead);
    }
    unsigned room() const noexcept { return entries_ - unsubmitted(); }
    /// `fill(entry)` describes the request. There is room.
    template <class Fill>
    void push(std::uint64_t name, Fill const& fill) noexcept {
        unsigned const tail = *both_.sq.ktail;
        io_uring_sqe& entry = both_.sq.sqes[tail & (entries_ - 1)];
        std::memset(&entry, 0, sizeof entry);
        fill(entry);
        entry.user_data = name;
        io_uring_smp_store_release(both_.sq.ktail, tail + 1);
    }

    // ---- completions: `reap` by one thread at a time

    bool anything_completed() const noexcept {
        return io_uring_smp_load_acquire(both_.cq.ktail) != io_uring_smp_load_acquire(both_.cq.khead);
    }
    bool has_overflowed() const noexcept { return io_uring_cq_has_overflow(&both_); }
    template <class Handle>
    void reap(Handle const& handle) noexcept {
        unsigned head = 0;
        unsigned count = 0;
        io_uring_cqe* news = nullptr;
        io_uring_for_each_cqe(&both_, head, news) {
            handle(*news);
            ++count;
        }
        io_uring_cq_advance(&both_, count);
    }

private:
    io_uring both_{};
    unsigned entries_ = 0;
};

/// How the kernel gets at the pieces.
class piece_ring {
public:
    piece_ring(int number, piece_store& pieces) : pieces_(pieces), bytes_(pieces.count() * sizeof(io_uring_buf)) {
        void* const at = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) throw std::bad_alloc();
        shared_ = static_cast<io_uring_buf_ring*>(at);
        io_uring_buf_reg about{};
        about.ring_addr = reinterpret_cast<std::uintptr_t>(at);
        about.ring_entries = pieces.count();
        about.bgid = piece_group;
        is_known_ = os().io_uring_register(number, IORING_REGISTER_PBUF_RING, &about, 1) == 0;
    }
    ~piece_ring() { ::munmap(shared_, bytes_); }
    piece_ring(piece_ring const&) = delete;

    /// False: the kernel has no such thing (before 5.19), or no memory for it.
    bool is_known() const noexcept { return is_known_; }

    /// By one thread at a time.
    void lend_returned() noexcept {
        int count = 0;
        for (piece_store::index i = pieces_.take_returned(); i != piece_store::none; ++count) {
            piece_store::index const next = pieces_[i].next.load(std::memory_order_relaxed);
            io_uring_buf_ring_add(shared_, pieces_.memory(i), pieces_.piece_bytes(), static_cast<unsigned short>(i),
                                  io_uring_buf_ring_mask(pieces_.count()), count);
            i = next;
        }
        if (count != 0) io_uring_buf_ring_advance(shared_, count);
    }

private:
    piece_store& pieces_;
    std::size_t const bytes_;
    io_uring_buf_ring* shared_ = nullptr;
    bool is_known_ = false;
};

class io_uring_poller final : public readiness_poller {
public:
    io_uring_poller()
        : desk_(*(shared_watch()->desk =
                      std::make_unique<request_desk>(this, sizes_of_new_rings.pieces, sizes_of_new_rings.piece_bytes))),
          lent_(ring_.number(), desk_.pieces) {
        if (!lent_.is_known()) desk_.receives = false;
    }
    ~io_uring_poller() override;

    void add(int, std::uint64_t) override {}
    void remove(int) noexcept override {}
    void poll(clock::time_point deadline, ready_list& ready) override;
    void interrupt() noexcept override { desk_.interrupt(); }
    void look() noexcept override {
        claimed_waiters claimed;
        reap(claimed, true);
        claimed.deliver();
    }

private:
    bool prepare(bool only_looks) noexcept;
    void submit(descriptor::order const& o) noexcept WEFT_REQUIRES(preparing_);
    void submit(ring_job& job, bool stops) noexcept WEFT_REQUIRES(preparing_);
    enum class submits : bool { no, yes };
    bool enter(clock::duration longest, submits what_is_there) noexcept;
    bool can_be_woken() const noexcept { return ends_ || hears_interrupts_.load(std::memory_order_relaxed); }
    void reap(claimed_waiters& claimed, bool only_looks) noexcept;
    bool handle(io_uring_cqe const& news, claimed_waiters& claimed) noexcept;

    request_desk& desk_;
    ring ring_;
    piece_ring lent_;
    std::atomic<std::int64_t> under_way_{0};  // counted up by who prepares, down by who reaps
    spin_lock preparing_;
    spin_lock reaping_;
    bool ends_ = false;  // nobody is left who would interrupt
    std::atomic<bool> hears_interrupts_{
        false};  // a request watches the event; set by who prepares, cleared by who reaps
};

// ---------------------------------------------------------------- asking the kernel

// True: there is more to submit than fits in at once.
bool io_uring_poller::prepare(bool only_looks) noexcept {
    spin_guard guard(preparing_);
    lent_.lend_returned();
    // By the owner only, who has nothing else to do when an interrupt comes.
    if (!only_looks && !hears_interrupts_.load(std::memory_order_relaxed) && ring_.room() != 0) {
        hears_interrupts_.store(true, std::memory_order_relaxed);
        ring_.push(interrupt_name,
                   [this](io_uring_sqe& entry) { io_uring_prep_poll_multishot(&entry, desk_.event_number(), POLLIN); });
    }
    for (;;) {
        if (ring_.room() < 2) return true;
        claimed_waiters claimed;
        bool stops = false;
        if (descriptor* const d = desk_.take()) {
            descriptor::order orders[2];
            d->collect_orders(orders, claimed);
            for (descriptor::order const& o : orders)
                if (o.what != descriptor::order::kind::nothing) submit(o);
        } else if (ring_job* const job = desk_.take_job(stops, claimed)) {
            submit(*job, stops);
        } else {
            claimed.deliver();
            return false;
        }
        claimed.deliver();
    }
}

void io_uring_poller::submit(descriptor::order const& o) noexcept {
    bool const stops = o.what == descriptor::order::kind::stop;
    if (!stops) under_way_.fetch_add(1, std::memory_order_relaxed);
    ring_.push(stops ? o.name | request_name::stop : o.name, [&o](io_uring_sqe& entry) { describe(entry, o); });
}

void io_uring_poller::submit(ring_job& job, bool stops) noexcept {
    auto const name = reinterpret_cast<std::uintptr_t>(&job);
    if (stops) {
        ring_.push(name | request_name::stop, [name](io_uring_sqe& entry) {
            io_uring_prep_cancel64(&entry, name, 0);
            entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
        });
    } else {
        under_way_.fetch_add(1, std::memory_order_relaxed);
        ring_.push(name, [&job](io_uring_sqe& entry) { describe(entry, job.what); });
    }
}

// False: the kernel took nothing, for want of memory, and should be asked again a little later.
bool io_uring_poller::enter(clock::duration longest, submits what_is_there) noexcept {
    // In this order: whoever reaped the end of the request that hears interrupts cleared the flag before.
    bool const waits = longest.count() > 0 && !ring_.anything_completed() && can_be_woken();
    unsigned const count = what_is_there == submits::yes ? ring_.unsubmitted() : 0;
    bool const flushes = ring_.has_overflowed();
    if (!waits && !flushes && count == 0) return true;

    __kernel_timespec limit{};
    io_uring_getevents_arg argument{};
    unsigned flags = waits || flushes ? IORING_ENTER_GETEVENTS : 0;
    if (waits) {
        flags |= IORING_ENTER_EXT_ARG;
        if (longest != clock::duration::max()) {
            limit.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(longest).count();
            limit.tv_nsec = (longest - std::chrono::seconds(limit.tv_sec)).count();
            argument.ts = reinterpret_cast<std::uintptr_t>(&limit);
        }
    }
    int const done = os().io_uring_enter(ring_.number(), count, waits ? 1 : 0, flags, waits ? &argument : nullptr,
                                         waits ? sizeof argument : 0);
    if (done >= 0 || errno == ETIME || errno == EINTR) return true;
    if (errno == EAGAIN || errno == EBUSY || errno == ENOMEM) return false;
    fatal("io_uring_enter failed");
}

void io_uring_poller::poll(clock::time_point deadline, ready_list& ready) {
    bool const for_ever = deadline == clock::time_point::max();
    bool const only_looks = deadline == clock::time_point::min();
    bool interrupted = false;
    bool stalled = false;
    for (;;) {
        if (!only_looks && desk_.take_interrupt()) interrupted = true;
        bool const more = prepare(only_looks);
        clock::duration left{};
        if (!only_looks) left = for_ever ? clock::duration::max() : deadline - clock::now();
        bool const over = left.count() <= 0 || interrupted;
        // While something could not be submitted there is perhaps nothing else to wait for.
        if (stalled)
            left = std::min<clock::duration>(left, retry_interval);
        else if (more)
            left = {};
        if (over) left = {};
        stalled = !enter(left, stalled ? submits::no : submits::yes);
        claimed_waiters claimed;
        reap(claimed, only_looks);
        claimed.deliver(ready);
        if ((over && !(more && !stalled)) || !ready.empty()) return;
    }
}

// ---------------------------------------------------------------- being answered

void io_uring_poller::reap(claimed_waiters& claimed, bool only_looks) noexcept {
    if (!ring_.anything_completed() || !reaping_.try_lock()) return;
    bool saw_interrupt = false;
    bool kick = false;
    ring_.reap([&](io_uring_cqe const& news) {
        if (news.user_data == interrupt_name) saw_interrupt = true;
        if (handle(news, claimed)) kick = true;
    });
    reaping_.unlock();
    // Others may reap while the owner goes to sleep.
    if (kick) desk_.kick();
    // The owner finds the interrupt without the event, before it goes to sleep the next time.
    if (saw_interrupt && only_looks && current_poller() != this) desk_.pass_interrupt_on();
}

// True: the desk has something to do that it had not before.
bool io_uring_poller::handle(io_uring_cqe const& news, claimed_waiters& claimed) noexcept {
    bool const goes_on = (news.flags & IORING_CQE_F_MORE) != 0;
    if (news.user_data == interrupt_name) {
        if (!goes_on) hears_interrupts_.store(false, std::memory_order_relaxed);
        return false;
    }
    bool const is_descriptors = (news.user_data & request_name::of_descriptor) != 0;
    if ((news.user_data & request_name::stop) != 0) {
        // Not there, or at work this moment: a job is about to be done then.
        return is_descriptors && descriptor::stop_failed(news.user_data & ~request_name::stop);
    }
    if (!is_descriptors) {
        under_way_.fetch_sub(1, std::memory_order_relaxed);
        desk_.complete(*reinterpret_cast<ring_job*>(news.user_data), news.res, claimed);
        return false;
    }
    completion c{news.res, goes_on};
    if ((news.flags & IORING_CQE_F_BUFFER) != 0) c.piece = news.flags >> IORING_CQE_BUFFER_SHIFT;
    if (!goes_on) under_way_.fetch_sub(1, std::memory_order_relaxed);
    return descriptor::completed(news.user_data, c, claimed);
}

// No worker runs any more. Sockets may be used by plain threads, though, and keep what has arrived.
io_uring_poller::~io_uring_poller() {
    ends_ = true;
    shared_watch()->end();
    descriptor::abandon_all(*shared_watch());
    for (;;) {
        bool const more = prepare(true);
        bool const all_ended = under_way_.load(std::memory_order_relaxed) == 0;
        enter(more || all_ended ? clock::duration{} : clock::duration(retry_interval), submits::yes);
        claimed_waiters claimed;
        reap(claimed, false);
        claimed.deliver();
        if (!more && all_ended) return;
    }
}

}  // namespace

std::unique_ptr<readiness_poller> make_io_uring_poller() { return std::make_unique<io_uring_poller>(); }

}  // namespace weft::detail
