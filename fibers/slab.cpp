// Guards. MADV_GUARD_INSTALL (Linux 6.13) marks a page as faulting without a mapping of its own. On older kernels
// mprotect does it, at the price of two mappings per stack: the default vm.max_map_count then ends at about 32,000
// stacks.
//
// Colours. The top of stack i lies (i mod 16) cache lines below the end of its page: tops at equal page offsets would
// compete for the same few cache sets.
#include "slab.hpp"

#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <system_error>

namespace weft::detail {

namespace {

constexpr int advice_guard_install = 102;  // MADV_GUARD_INSTALL: newer than the headers of Debian 12
constexpr std::size_t slab_bytes = std::size_t{16} << 20;
constexpr std::size_t colours = 16;
constexpr std::size_t slot_bytes = 64;
static_assert(sizeof(stack_slot) <= slot_bytes);

std::size_t page_bytes() noexcept {
    static std::size_t const size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

enum class guard_kind { install, protect, none };

guard_kind probe_guards(void* page) noexcept {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): read once; nobody changes the environment while the first slab is made
    if (char const* choice = std::getenv("WEFT_STACK_GUARDS"); choice != nullptr) {
        if (std::strcmp(choice, "none") == 0) return guard_kind::none;
        if (std::strcmp(choice, "mprotect") == 0) return guard_kind::protect;
    }
    return madvise(page, page_bytes(), advice_guard_install) == 0 ? guard_kind::install : guard_kind::protect;
}

void place_guard(guard_kind kind, void* page) {
    int failed = 0;
    if (kind == guard_kind::install) failed = madvise(page, page_bytes(), advice_guard_install);
    if (kind == guard_kind::protect) failed = mprotect(page, page_bytes(), PROT_NONE);
    if (failed == 0) return;
    throw std::system_error(
        errno, std::generic_category(),
        "weft: no guard page for another fiber stack; raise vm.max_map_count (sysctl), or trade guards for "
        "number with WEFT_STACK_GUARDS=none");
}

std::byte* map(std::size_t bytes) {
    void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        throw std::system_error(errno, std::generic_category(),
                                "weft: no address space for more fiber stacks; raise vm.max_map_count or the limit on "
                                "virtual memory (ulimit -v), or use smaller stacks (stack_bytes)");
    // A huge page would make every stack resident in full.
    madvise(base, bytes, MADV_NOHUGEPAGE);
    return static_cast<std::byte*>(base);
}

}  // namespace

std::atomic<slab*> slab::newest_{nullptr};

slab::slab(std::byte* base, unsigned size_class, std::size_t count)
    : base_(base),
      stack_bytes_(stack_class_bytes(size_class)),
      count_(count),
      size_class_(size_class),
      open_(std::make_unique<std::atomic<std::uint64_t>[]>((count + bits - 1) / bits)),
      cold_(std::make_unique<std::uint64_t[]>((count + bits - 1) / bits)),
      cold_count_(count) {
    for (std::size_t i = 0; i != count; ++i) cold_[i / bits] |= std::uint64_t{1} << i % bits;
}

stack_slot* slab::pop_cold() noexcept {
    std::size_t word = 0;
    while (cold_[word] == 0) ++word;
    auto const lowest = static_cast<std::size_t>(std::countr_zero(cold_[word]));
    cold_[word] &= cold_[word] - 1;
    --cold_count_;
    return slot_at(word * bits + lowest);
}

void slab::push_cold(stack_slot const* at) noexcept {
    std::size_t const index = index_of(at);
    cold_[index / bits] |= std::uint64_t{1} << index % bits;
    ++cold_count_;
}

slab& slab::create(unsigned size_class) {
    std::size_t const stack_bytes = stack_class_bytes(size_class);
    std::size_t const count = std::max<std::size_t>(1, slab_bytes / stack_bytes);
    std::byte* base = map(stack_bytes * count);
    try {
        static guard_kind const guards = probe_guards(base);
        for (std::size_t i = 0; i != count; ++i) place_guard(guards, base + i * stack_bytes);
        auto* made = new slab(base, size_class, count);
        made->next_ = newest_.load(std::memory_order_relaxed);
        while (
            !newest_.compare_exchange_weak(made->next_, made, std::memory_order_release, std::memory_order_relaxed)) {}
        return *made;
    } catch (...) {
        munmap(base, stack_bytes * count);
        throw;
    }
}

stack_slot* slab::slot_at(std::size_t index) const noexcept {
    std::byte* end = base_ + (index + 1) * stack_bytes_;
    return reinterpret_cast<stack_slot*>(end - (index % colours) * cache_line_bytes - slot_bytes);
}

stack_slot& slab::open(stack_slot* at) noexcept {
    static std::atomic<std::uint64_t> epochs{0};
    std::size_t const index = index_of(at);
    auto* slot = new (at) stack_slot;
    slot->limit = base_ + index * stack_bytes_ + page_bytes();
    slot->owner = this;
    slot->size_class = size_class_;
    slot->epoch = epochs.fetch_add(1, std::memory_order_relaxed) + 1;
    open_[index / bits].fetch_or(std::uint64_t{1} << index % bits, std::memory_order_release);
    return *slot;
}

void slab::give_back(std::span<stack_slot* const> sorted) noexcept {
    // Neighbours go in one call: it is the call that costs, not the page.
    for (std::size_t first = 0; first != sorted.size();) {
        std::size_t const low = index_of(sorted[first]);
        std::size_t run = 0;
        for (; first + run != sorted.size() && index_of(sorted[first + run]) == low + run; ++run)
            open_[(low + run) / bits].fetch_and(~(std::uint64_t{1} << (low + run) % bits), std::memory_order_relaxed);
        // Guards survive this advice.
        madvise(base_ + low * stack_bytes_, run * stack_bytes_, MADV_DONTNEED);
        first += run;
    }
}

stack_slot* slab::guarded_by(void const* address) const noexcept {
    auto const at = static_cast<std::byte const*>(address);
    if (at < base_ || at >= base_ + count_ * stack_bytes_) return nullptr;
    std::size_t const index = index_of(at);
    return at < base_ + index * stack_bytes_ + page_bytes() && is_open(index) ? slot_at(index) : nullptr;
}

}  // namespace weft::detail
