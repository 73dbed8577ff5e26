// What starting parked fibers is measured against.
#pragma once
#include "parked.hpp"

#include <sys/mman.h>

#include <chrono>
#include <cstddef>
#include <cstdint>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102  // Linux 6.13; older headers do not know it
#endif

namespace workloads {

/// The least that so many guarded stacks can cost: reserve them, place the guards, touch the top page of each. Zero where the
/// kernel cannot place guards inside a mapping.
inline std::chrono::duration<double> bare_stacks(std::uint64_t stacks) {
    auto const begin = std::chrono::steady_clock::now();
    std::size_t const stride = parked_stack_bytes;
    std::size_t const bytes = stacks * stride;
    void* const memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return {};
    madvise(memory, bytes, MADV_NOHUGEPAGE);
    bool guarded = true;
    for (std::uint64_t i = 0; i != stacks; ++i) {
        std::byte* const stack = static_cast<std::byte*>(memory) + i * stride;
        guarded = guarded && madvise(stack, 4096, MADV_GUARD_INSTALL) == 0;
        stack[stride - 1] = std::byte{1};
    }
    std::chrono::duration<double> const elapsed = std::chrono::steady_clock::now() - begin;
    munmap(memory, bytes);
    return guarded ? elapsed : std::chrono::duration<double>{};
}

}  // namespace workloads
