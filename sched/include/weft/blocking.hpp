#pragma once
#include <weft/detail/blocking_job.hpp>
#include <weft/detail/fiber_body.hpp>

#include <exception>
#include <type_traits>

namespace weft {

/// Runs `f` on a helper thread and parks the calling fiber meanwhile: for code that would block the worker. Returns its
/// result or rethrows what escaped it. On a plain thread `f` is simply called.
///
/// The helper threads grow with demand up to `runtime_options::blocking_threads`; beyond that calls queue.
/// Blocks: until `f` has returned. A call that has started is not interrupted by cancellation.
/// Errors: `cancelled` before `f` starts; `std::system_error` if no thread can be started.
template <class F>
auto blocking(F&& f) -> std::invoke_result_t<F&> {
    using result = std::invoke_result_t<F&>;
    struct call {
        std::remove_reference_t<F>& f;
        detail::result_slot<result> value{};
        std::exception_ptr failure{};
    } mine{f};
    detail::run_blocking(
        [](void* argument) noexcept {
            auto& c = *static_cast<call*>(argument);
            try {
                c.value.fill([&]() -> result { return c.f(); });
            } catch (...) {
                c.failure = std::current_exception();
            }
        },
        &mine);
    if (mine.failure != nullptr) std::rethrow_exception(mine.failure);
    return mine.value.take();
}

}  // namespace weft
