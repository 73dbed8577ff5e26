#pragma once
#include <cstdint>

namespace weft::detail {

/// A generator of random bits for which any seed will do, zero included. Not for secrets.
/// Source: https://prng.di.unimi.it/splitmix64.c
class split_mix {
public:
    explicit split_mix(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t next() noexcept {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

private:
    std::uint64_t state_;
};

}  // namespace weft::detail
