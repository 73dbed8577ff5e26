// Replaces the program's operator new by one that counts. The array and nothrow forms call these two by default.
#include "allocations.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> calls{0};  // any thread; relaxed: a count orders nothing

void* checked(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    calls.fetch_add(1, std::memory_order_relaxed);
    return memory;
}

}  // namespace

std::uint64_t gating::allocations() noexcept { return calls.load(std::memory_order_relaxed); }

void* operator new(std::size_t bytes) { return checked(std::malloc(std::max<std::size_t>(bytes, 1))); }

void* operator new(std::size_t bytes, std::align_val_t alignment) {
    auto const at = static_cast<std::size_t>(alignment);
    return checked(std::aligned_alloc(at, (bytes + at - 1) / at * at));
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
