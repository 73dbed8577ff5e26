#include "request_desk.hpp"

#include "descriptor.hpp"

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
    return was_empty;
}

descriptor* request_desk::take() noexcept {
    spin_guard guard(lock_);
    descriptor* const d = first_;
    if (d != nullptr) first_ = d->next_asking_;
    return d;
}

void request_desk::interrupt() noexcept {
    if (!interrupted_.exchange(true, std::memory_order_acq_rel)) signal();
}

void request_desk::signal() const noexcept {
    std::uint64_t const one = 1;
    while (os().write(event_, &one, sizeof one) < 0 && errno == EINTR) {}
}

}  // namespace weft::detail
