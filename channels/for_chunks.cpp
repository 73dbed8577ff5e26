// Fibers take the next piece from a counter, so that one that is slow takes fewer.
#include <weft/context.hpp>
#include <weft/detail/for_chunks.hpp>
#include <weft/detail/shielded.hpp>
#include <weft/detail/wait.hpp>
#include <weft/task_group.hpp>
#include <weft/this_fiber.hpp>

#include <algorithm>
#include <atomic>

namespace weft::detail {

namespace {

constexpr std::size_t pieces_per_fiber = 8;  // so that the last ones end at about the same time

constexpr std::size_t divided_up(std::size_t n, std::size_t by) noexcept { return n / by + (n % by != 0); }

}  // namespace

void for_chunks(std::size_t count, std::size_t fibers, std::size_t grain, chunk_body body, void* context) {
    if (count == 0) return;
    bool const on_thread = current_waiter().what() == waiter::kind::thread;
    if (fibers == 0 || on_thread) fibers = current_workers();
    if (grain == 0) grain = divided_up(count, fibers * pieces_per_fiber);
    std::size_t const pieces = divided_up(count, grain);
    fibers = std::min(fibers, pieces);

    std::atomic<std::size_t> taken = 0;
    auto const work = [&] {
        for (std::size_t piece; (piece = taken.fetch_add(1, std::memory_order_relaxed)) < pieces;) {
            this_fiber::check_cancelled();
            std::size_t const from = piece * grain;
            body(context, from, from + std::min(grain, count - from));
        }
    };
    if (fibers == 1) return work();
    // The fibers do not inherit a shield; what the caller's waits ignore must not stop them either.
    weft::context const& under = this_fiber::current_context();
    task_group group(is_shielded() ? without_cancel(under) : under);
    for (std::size_t i = 0; i != fibers; ++i) group.go(work);
    group.wait();
    this_fiber::check_cancelled();  // the fibers may have stopped for that
}

}  // namespace weft::detail
