#pragma once
#include <weft/go.hpp>
#include <weft/runtime_options.hpp>
#include <weft/site.hpp>
#include <weft/stats.hpp>

#include <type_traits>
#include <utility>

namespace weft {

/// Threads that run fibers. Several may live in one process, one after another or side by side.
///
/// Thread safety: `go`, `spawn`, `stats` and `workers` from any thread or fiber; one `run` at a time.
class runtime {
public:
    /// Starts the worker threads.
    /// Errors: `std::invalid_argument` for an option out of range, `std::system_error` when a thread or descriptor is
    /// refused.
    explicit runtime(runtime_options options = {});
    /// Cancels and joins what still runs, as the end of `run` does, and stops the threads.
    ~runtime();
    runtime(runtime const&) = delete;
    runtime& operator=(runtime const&) = delete;

    /// Runs `main` as the main fiber and returns its result, or rethrows what escaped it.
    ///
    /// When `main` returns, all other fibers of this runtime are cancelled and joined, for at most `shutdown_grace`;
    /// whoever has not ended then is reported, and the process ends (`runtime_options::stragglers`). Another `run` may
    /// follow.
    /// Blocks: the calling thread, or parks the calling fiber of another runtime.
    template <class F>
    auto run(F&& main, site where = site::here()) -> std::invoke_result_t<F&> {
        using result = std::invoke_result_t<F&>;
        refuse_own_fiber();
        auto body = [&main]() -> result { return main(); };
        auto first =
            detail::fiber_access::make<result>(detail::launch_call(*core_, {"main", 0, where}, false, std::move(body)));
        wait_and_stop(*detail::fiber_access::control(first));
        return first.join();
    }

    /// Starts a fiber that nobody joins; see `weft::go`.
    template <class F>
    void go(F&& f, site where = site::here()) {
        detail::launch_call(*core_, {{}, 0, where}, true, std::forward<F>(f));
    }

    /// Starts a fiber and returns its handle; see `weft::spawn`.
    template <class F>
    auto spawn(F&& f, site where = site::here()) -> fiber_for<F> {
        return detail::fiber_access::make<std::invoke_result_t<std::decay_t<F>>>(
            detail::launch_call(*core_, {{}, 0, where}, false, std::forward<F>(f)));
    }

    /// What happened so far.
    runtime_stats stats() const;
    /// The number of worker threads.
    unsigned workers() const noexcept;

private:
    void refuse_own_fiber() const;
    void wait_and_stop(detail::fiber_control& main);

    detail::runtime_core* core_;
};

/// Makes a runtime, runs `main` in it as `runtime::run` does, and takes it down again.
template <class F>
auto run(F&& main, runtime_options options = {}, site where = site::here()) -> std::invoke_result_t<F&> {
    runtime rt{options};
    return rt.run(main, where);
}

}  // namespace weft
