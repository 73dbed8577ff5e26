#include "request_desk.hpp"

#include "descriptor.hpp"
#include "ring_job.hpp"

#include <sys/mman.h>
#include <cerrno>
#include <new>
#include <system_error>

namespace weft::detail {

namespace {

std::byte* map(std::size_t bytes) {
    void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    return static_cast<std::byte*>(at);
}

int make_event() {
    int const made = os().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made < 0) throw std::system_error(errno, std::generic_category(), "weft: eventfd");
    return made;
}

}  // namespace

piece_store::piece_store(std::uint32_t count, std::uint32_t piece_bytes)
    : count_(count),
      piece_bytes_(piece_bytes),
      pieces_(std::make_unique<piece[]>(count)),
      memory_(map(std::size_t{count} * piece_bytes)) {
    for (index i = 0; i != count; ++i) put_back(i);
}

piece_store::~piece_store() { ::munmap(memory_, std::size_t{count_} * piece_bytes_); }

request_desk::request_desk(poller const* owner, std::uint32_t count, std::uint32_t piece_bytes)
    : pieces(count, piece_bytes), owner_(owner), event_(make_event()) {}

request_desk::~request_desk() { os().close(event_); }

bool request_desk::hand_in(descriptor& d) noexcept {
    spin_guard guard(lock_);
    bool const was_empty = first_ == nullptr;
    d.next_asking_ = nullptr;
    (was_empty ? first_ : last_->next_asking_) = &d;
    last_ = &d;
    return was_empty && first_job_ == nullptr;
}

descriptor* request_desk::take() noexcept {
    spin_guard guard(lock_);
    descriptor* const d = first_;
    if (d != nullptr) first_ = d->next_asking_;
    return d;
}

bool request_desk::list(ring_job& job) noexcept {
    bool const was_empty = first_job_ == nullptr;
    job.listed = true;
    job.next = nullptr;
    (was_empty ? first_job_ : last_job_->next) = &job;
    last_job_ = &job;
    return was_empty && first_ == nullptr;
}

bool request_desk::hand_in(ring_job& job) noexcept {
    spin_guard guard(lock_);
    return list(job);
}

bool request_desk::stop(ring_job& job, wait_token sleeper, bool& kick) noexcept {
    spin_guard guard(lock_);
    if (job.now == ring_job::state::done) return false;
    job.sleeper.token = sleeper;
    job.stop = true;
    kick = !job.listed && list(job);
    return true;
}

ring_job* request_desk::take_job(bool& stops, claimed_waiters& claimed) noexcept {
    spin_guard guard(lock_);
    while (ring_job* const job = first_job_) {
        first_job_ = job->next;
        job->listed = false;
        stops = job->now == ring_job::state::in_progress;
        if (job->stop && !stops) {
            complete_locked(*job, -ECANCELED, claimed);
            continue;
        }
        job->now = ring_job::state::in_progress;
        return job;
    }
    return nullptr;
}

void request_desk::complete(ring_job& job, int result, claimed_waiters& claimed) noexcept {
    spin_guard guard(lock_);
    complete_locked(job, result, claimed);
}

void request_desk::complete_locked(ring_job& job, int result, claimed_waiters& claimed) noexcept {
    if (job.listed) {  // to be stopped, too late
        ring_job* before = nullptr;
        for (ring_job* j = first_job_; j != &job; j = j->next) before = j;
        (before == nullptr ? first_job_ : before->next) = job.next;
        if (last_job_ == &job) last_job_ = before;
        job.listed = false;
    }
    job.result = result;
    job.now = ring_job::state::done;
    // Not won: the fiber was cancelled and comes to look.
    claimed.claim(job.sleeper);
}

void request_desk::interrupt() noexcept {
    if (!interrupted_.exchange(true, std::memory_order_acq_rel)) signal();
}

void request_desk::signal() const noexcept {
    std::uint64_t const one = 1;
    while (os().write(event_, &one, sizeof one) < 0 && errno == EINTR) {}
}

}  // namespace weft::detail
