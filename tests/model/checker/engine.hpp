#pragma once
// The explorer's inside: one at a time per process, reached by the operations of the model's atomics.

#include "execution_path.hpp"
#include "explorer.hpp"

#include <weft/detail/execution.hpp>

#include <unordered_map>
#include <unordered_set>

namespace weft_model {

/// Who has used an atomic, in all executions of one exploration.
struct sharing {
    std::uint32_t users = 0;  // a bit per thread
    bool written = false;
    bool counts = false;  // as known when this pass began: its uses are points of decision

    bool is_shared() const noexcept { return written && (users & (users - 1)) != 0; }
};

class engine {
public:
    engine(scenario_factory const& make, bounds const& within, std::vector<mutation> const& bugs)
        : make_(make), within_(within), bugs_(bugs) {}
    engine(engine const&) = delete;

    result explore();

    /// The one that explores now, or null.
    static engine* current() noexcept { return current_; }
    /// Whether a thread of the scenario runs, and not what builds or destroys it.
    bool is_running() const noexcept { return running_ != nullptr; }
    std::uint64_t new_key() noexcept;
    std::uint64_t execution() const noexcept { return executions_begun_; }

    // ---- by the running thread

    /// The thread is about to act: others may go first.
    void point();
    /// The same, if others have to do with that location.
    void point(std::size_t location, bool writes);
    std::size_t choose(std::size_t n);
    std::size_t thread_number() const noexcept { return running_->number; }
    model_fiber* fiber() const { return program_->fiber_of(running_->number); }
    [[noreturn]] void violate(std::string what);
    /// The same, also outside the threads, where it returns.
    void require_failed(char const* what);
    void note(site where, std::string what);
    bool tracing() const noexcept { return tracing_; }

    std::size_t new_location(std::uint64_t value, std::uint64_t key);
    /// Which value a load returns.
    timestamp choose_value(std::size_t location, std::memory_order order);
    /// Of those it may see, the values that make a compare-and-swap fail, and the latest: which it meets.
    timestamp choose_compared(std::size_t location, std::uint64_t expected);
    /// The planted bug at this operation, or null. A weaker order is put into `order`.
    mutation const* mutate(site where, operation kind, std::memory_order& order) noexcept;
    void looked_at(std::size_t location, timestamp when) noexcept;
    /// Adds to the running thread's history.
    void remember(std::uint64_t what) noexcept;
    void full_fence();
    void fence_others(site where);
    void await_change(site where);
    void sleep_on(cell const& at, site where);
    void wake_on(cell const& at, site where);
    void await(gate& at, bool may_stay, site where);
    thread_views& views() noexcept;

    memory mem;

private:
    struct thread {
        std::size_t number = 0;
        void* stack_pointer = nullptr;
        std::unique_ptr<std::byte[]> stack;
        weft::detail::exception_state exceptions;
        thread_views views;
        std::uint64_t history = 0;
        bool ended = false;
        gate* at_gate = nullptr;  // waits for it
        cell const* asleep_on = nullptr;
        bool may_stay = false;       // there, for ever
        bool awaits_change = false;  // of what it looked at last
        std::size_t looked_at = 0;   // location
        timestamp looked_at_time = 0;
        bool has_looked = false;
        site where{};  // where it waits
    };
    enum class outcome { ended, known, violated };

    bool explore_once(result& into);
    outcome execute();
    void prepare_threads();
    static weft::detail::continuation thread_main(void* self) noexcept;
    bool can_run(thread const& t) const noexcept;
    void wait_until_runnable();
    void go_on_with(thread* next) noexcept;
    [[noreturn]] void give_up(outcome how) noexcept;
    void look_for_known_state();
    [[noreturn]] void nobody_can_run();
    std::string names_of_waiting() const;

    static constexpr std::size_t stack_bytes = std::size_t{256} * 1024;
    static inline engine* current_ = nullptr;
    static inline std::uint64_t executions_begun_ = 0;  // by all engines: an atomic may outlive one

    scenario_factory const& make_;
    bounds const within_;
    std::vector<mutation> const& bugs_;

    execution_path path_;
    std::unordered_set<std::uint64_t> known_;  // states
    std::unordered_map<std::uint64_t, sharing> sharing_;
    std::vector<sharing*> shared_at_;  // by location
    bool sharing_grew_ = false;

    // Of this execution.
    std::unique_ptr<scenario> program_;
    std::vector<thread> threads_;
    std::size_t thread_count_ = 0;
    thread* running_ = nullptr;
    void* explorer_stack_ = nullptr;
    weft::detail::exception_state explorer_exceptions_;
    std::uint64_t keys_[33] = {};  // handed out: while building, and by each thread
    std::size_t settling_ = 0;     // the first threads, which go on without decisions
    unsigned preempted_ = 0;
    unsigned stale_ = 0;
    std::uint64_t last_state_ = 0;
    outcome how_ = outcome::ended;
    std::string violation_;
    bool tracing_ = false;
    std::string trace_;
};

}  // namespace weft_model
