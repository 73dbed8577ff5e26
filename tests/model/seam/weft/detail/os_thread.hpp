#pragma once
// In place of the header of the same name: threads that the scenario runs.
#include <pthread.h>
#include <functional>
#include <utility>

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

}  // namespace weft::detail
