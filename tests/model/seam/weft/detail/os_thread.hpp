#pragma once
// In place of the header of the same name: threads that the scenario runs.
#include <pthread.h>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "checker/explorer.hpp"

namespace weft_model {

/// Defined beside the scenarios that start threads.
void start_thread(std::function<void()> body);

}  // namespace weft_model

namespace weft::detail {

class os_thread {
public:
    os_thread() = default;
    template <class Body>
    explicit os_thread(Body body) {
        weft_model::start_thread(std::move(body));
    }
    // The scenario ends it.
    bool joinable() const noexcept { return false; }
    void join() noexcept {}
    pthread_t native_handle() noexcept { return {}; }
};

// All threads are one OS thread's: a value for each, forgotten when the next execution begins.
template <class T>
class per_thread {
public:
    per_thread(T) noexcept {}
    operator T() const noexcept {
        std::size_t const thread = weft_model::this_thread();
        if (thread >= values_.size() || values_[thread].execution != weft_model::this_execution()) return T{};
        return values_[thread].value;
    }
    per_thread& operator=(T value) noexcept {
        values_.at(weft_model::this_thread()) = {value, weft_model::this_execution()};
        return *this;
    }

private:
    struct stamped {
        T value{};
        std::uint64_t execution = 0;
    };
    std::array<stamped, 32> values_{};
};

}  // namespace weft::detail
