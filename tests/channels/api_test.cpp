// The signatures that programs compile against, as the compiler sees them. Nothing here runs.

#include <chrono>
#include <concepts>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/chan.hpp>
#include <weft/clock.hpp>
#include <weft/context.hpp>
#include <weft/error.hpp>
#include <weft/fiber_local.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/task_group.hpp>
#include <weft/time.hpp>

#include "support/catch.hpp"

namespace {

using weft::chan;
using weft::chan_status;
using weft::recv_chan;
using weft::send_chan;
using boxed = std::unique_ptr<int>;
using std::chrono::milliseconds;

template <class From, class To>
constexpr bool only_one_way =
    std::is_convertible_v<From, To>&& std::is_nothrow_constructible_v<To, From> && !std::is_constructible_v<From, To>;

static_assert(only_one_way<chan<int>, send_chan<int>>);
static_assert(only_one_way<chan<int>, recv_chan<int>>);
static_assert(!std::is_constructible_v<send_chan<int>, recv_chan<int>>);
static_assert(!std::is_constructible_v<recv_chan<int>, send_chan<int>>);
static_assert(!std::is_constructible_v<chan<long>, chan<int>>);
static_assert(!std::is_convertible_v<chan<int>, bool>);
static_assert(std::is_constructible_v<bool, chan<int>>);

// clang-format off: version 14 does not know compound requirements
template <class Handle>
concept handle = std::is_nothrow_default_constructible_v<Handle> && std::copyable<Handle> &&
    std::equality_comparable<Handle> && std::same_as<typename Handle::value_type, boxed> &&
    requires(Handle const h, Handle const other) {
    { h.size() }
    noexcept->std::same_as<std::size_t>;
    { h.capacity() }
    noexcept->std::same_as<std::size_t>;
    { static_cast<bool>(h) }
    noexcept;
    { h == other }
    noexcept;
};
// clang-format on
static_assert(handle<chan<boxed>> && handle<send_chan<boxed>> && handle<recv_chan<boxed>>);

// Every member is const: a handle captured by value in a lambda works.
template <class Handle, class T>
concept sends = requires(Handle const h, T const& kept, T&& given, weft::clock::time_point t, milliseconds d) {
    { h.send(kept) } -> std::same_as<void>;
    { h.send(std::move(given)) } -> std::same_as<void>;
    { h.try_send(kept) } -> std::same_as<chan_status>;
    { h.try_send(std::move(given)) } -> std::same_as<chan_status>;
    { h.send_until(kept, t) } -> std::same_as<chan_status>;
    { h.send_until(std::move(given), t) } -> std::same_as<chan_status>;
    { h.send_for(kept, d) } -> std::same_as<chan_status>;
    { h.send_for(std::move(given), d) } -> std::same_as<chan_status>;
    { h.close() } -> std::same_as<void>;
};
static_assert(sends<chan<std::string>, std::string> && sends<send_chan<std::string>, std::string>);
static_assert(!sends<recv_chan<std::string>, std::string>);

template <class Handle, class T>
concept receives = requires(Handle const h, T& slot, std::optional<T>& maybe, weft::clock::time_point t,
                            milliseconds d) {
    { h.recv() } -> std::same_as<std::optional<T>>;
    { h.try_recv(slot) } -> std::same_as<chan_status>;
    { h.try_recv(maybe) } -> std::same_as<chan_status>;
    { h.recv_until(slot, t) } -> std::same_as<chan_status>;
    { h.recv_until(maybe, t) } -> std::same_as<chan_status>;
    { h.recv_for(slot, d) } -> std::same_as<chan_status>;
    { h.recv_for(maybe, d) } -> std::same_as<chan_status>;
    { h.begin() } -> std::same_as<weft::chan_iterator<T>>;
    { h.end() }
    noexcept->std::same_as<weft::chan_sentinel>;
};
static_assert(receives<chan<boxed>, boxed> && receives<recv_chan<boxed>, boxed>);
static_assert(!receives<send_chan<boxed>, boxed>);

template <class Handle>
concept closable = requires(Handle const h) {
    h.close();
};
static_assert(closable<send_chan<int>> && !closable<recv_chan<int>>);

static_assert(weft::slot_for<int, int> && weft::slot_for<std::optional<int>, int> && !weft::slot_for<long, int>);
static_assert(std::same_as<decltype(weft::make_chan<int>(3)), chan<int>>);
static_assert(std::same_as<decltype(weft::make_unbounded_chan<int>()), chan<int>>);
static_assert(std::same_as<decltype(weft::make_unbounded_chan<int>(std::size_t{3})), chan<int>>);
static_assert(std::same_as<decltype(*std::declval<weft::chan_iterator<boxed> const&>()), boxed>);
static_assert(std::equality_comparable<weft::unit> && std::is_empty_v<weft::unit>);
static_assert(chan_status::ok != chan_status::would_block && chan_status::timed_out != chan_status::closed);

// Cases live in one full expression.
template <class Case>
constexpr bool pinned = !std::is_copy_constructible_v<Case> && !std::is_move_constructible_v<Case>;

using number = std::optional<int>;
struct on_number {
    void operator()(number) const {}
};
static_assert(pinned<decltype(weft::on_recv(std::declval<chan<int> const&>(), std::declval<number&>()))>);
static_assert(pinned<decltype(weft::on_recv(std::declval<recv_chan<int> const&>(), on_number{}))>);
static_assert(pinned<decltype(weft::on_send(std::declval<chan<int> const&>(), 1))>);
static_assert(pinned<decltype(weft::on_send(std::declval<send_chan<int> const&>(), 1, weft::no_handler{}))>);
static_assert(pinned<decltype(weft::on_timeout(milliseconds(1)))>);
static_assert(pinned<decltype(weft::on_deadline(weft::clock::time_point{}))>);
static_assert(pinned<decltype(weft::on_join(std::declval<weft::fiber<boxed>&>()))>);
static_assert(pinned<decltype(weft::otherwise())>);

static_assert(std::same_as<std::size_t, decltype(weft::select(weft::on_send(std::declval<chan<int> const&>(), 1),
                                                              weft::otherwise()))>);
static_assert(std::same_as<std::size_t, decltype(weft::select(weft::ordered, weft::on_timeout(milliseconds(1)),
                                                              weft::otherwise()))>);
static_assert(std::same_as<std::size_t, decltype(weft::select(std::declval<std::span<weft::select_case>>()))>);

static_assert(std::is_nothrow_move_constructible_v<weft::select_case> &&
              std::is_nothrow_move_assignable_v<weft::select_case>);
static_assert(!std::is_copy_constructible_v<weft::select_case>);
static_assert(std::is_convertible_v<decltype(weft::otherwise()), weft::select_case>);
static_assert(
    std::is_convertible_v<decltype(weft::on_send(std::declval<chan<boxed> const&>(), boxed())), weft::select_case>);

template <class Lock>
constexpr bool lockable = std::is_default_constructible_v<Lock> && !std::is_copy_constructible_v<Lock> &&
                          !std::is_move_constructible_v<Lock> && requires(Lock l) {
    { l.lock() } -> std::same_as<void>;
    { l.try_lock() } -> std::same_as<bool>;
    { l.unlock() } -> std::same_as<void>;
};
static_assert(lockable<weft::mutex> && lockable<weft::timed_mutex> && lockable<weft::shared_mutex>);

template <class T>
constexpr bool fixed = !std::is_copy_constructible_v<T> && !std::is_move_constructible_v<T>;

using weft::clock;
static_assert(requires(weft::timed_mutex m, clock::time_point t, milliseconds d) {
    { m.try_lock_until(t) } -> std::same_as<bool>;
    { m.try_lock_for(d) } -> std::same_as<bool>;
});
static_assert(requires(weft::shared_mutex m) {
    { m.lock_shared() } -> std::same_as<void>;
    { m.try_lock_shared() } -> std::same_as<bool>;
    { m.unlock_shared() } -> std::same_as<void>;
    std::shared_lock(m);
});
constexpr bool (*predicate)() = nullptr;
static_assert(fixed<weft::condition_variable> && std::is_default_constructible_v<weft::condition_variable> &&
              requires(weft::condition_variable c, std::unique_lock<weft::mutex>& lock, clock::time_point t,
                       milliseconds d) {
                  { c.notify_one() }
                  noexcept->std::same_as<void>;
                  { c.notify_all() }
                  noexcept->std::same_as<void>;
                  { c.wait(lock) } -> std::same_as<void>;
                  { c.wait(lock, predicate) } -> std::same_as<void>;
                  { c.wait_until(lock, t) } -> std::same_as<std::cv_status>;
                  { c.wait_until(lock, t, predicate) } -> std::same_as<bool>;
                  { c.wait_for(lock, d) } -> std::same_as<std::cv_status>;
                  { c.wait_for(lock, d, predicate) } -> std::same_as<bool>;
              });
static_assert(fixed<weft::counting_semaphore> && std::same_as<weft::binary_semaphore, weft::counting_semaphore> &&
              !std::is_convertible_v<std::ptrdiff_t, weft::counting_semaphore> &&
              requires(weft::counting_semaphore s, clock::time_point t, milliseconds d) {
                  { s.acquire() } -> std::same_as<void>;
                  { s.try_acquire() } -> std::same_as<bool>;
                  { s.try_acquire_until(t) } -> std::same_as<bool>;
                  { s.try_acquire_for(d) } -> std::same_as<bool>;
                  { s.release() } -> std::same_as<void>;
                  { s.release(3) } -> std::same_as<void>;
              });
static_assert(fixed<weft::latch> && !std::is_convertible_v<std::ptrdiff_t, weft::latch> &&
              requires(weft::latch l, weft::latch const& seen) {
                  { l.count_down() } -> std::same_as<void>;
                  { l.count_down(2) } -> std::same_as<void>;
                  { seen.try_wait() }
                  noexcept->std::same_as<bool>;
                  { l.wait() } -> std::same_as<void>;
                  { l.arrive_and_wait() } -> std::same_as<void>;
                  { l.arrive_and_wait(2) } -> std::same_as<void>;
              });
static_assert(fixed<weft::barrier> && !std::is_convertible_v<std::ptrdiff_t, weft::barrier> &&
              requires(weft::barrier b) {
                  { b.arrive_and_wait() } -> std::same_as<void>;
                  { b.arrive_and_drop() } -> std::same_as<void>;
              });
static_assert(fixed<weft::once> && std::is_default_constructible_v<weft::once> && requires(weft::once o) {
    { o.call(predicate) } -> std::same_as<void>;
});
static_assert(fixed<weft::event> && std::is_default_constructible_v<weft::event> &&
              requires(weft::event e, weft::event const& seen, clock::time_point t, milliseconds d) {
                  { e.set() }
                  noexcept->std::same_as<void>;
                  { seen.is_set() }
                  noexcept->std::same_as<bool>;
                  { e.wait() } -> std::same_as<void>;
                  { e.wait_until(t) } -> std::same_as<bool>;
                  { e.wait_for(d) } -> std::same_as<bool>;
              });
static_assert(pinned<decltype(weft::on_set(std::declval<weft::event&>()))>);
static_assert(pinned<decltype(weft::on_set(std::declval<weft::event&>(), predicate))>);
static_assert(std::is_default_constructible_v<weft::pool<int>> && fixed<weft::pool<int>> &&
              std::is_constructible_v<weft::pool<int>, boxed (*)()> && requires(weft::pool<int> p) {
                  { p.get() } -> std::same_as<boxed>;
                  { p.put(boxed()) } -> std::same_as<void>;
              });

static_assert(std::same_as<decltype(weft::after(clock::duration())), recv_chan<clock::time_point>>);
static_assert(fixed<weft::timer> && !std::is_convertible_v<clock::duration, weft::timer> &&
              requires(weft::timer t, weft::timer const& seen) {
                  { seen.channel() }
                  noexcept->std::same_as<recv_chan<clock::time_point> const&>;
                  { t.stop() } -> std::same_as<bool>;
                  { t.reset(milliseconds(1)) } -> std::same_as<bool>;
              });
static_assert(fixed<weft::ticker> && !std::is_convertible_v<clock::duration, weft::ticker> &&
              requires(weft::ticker t, weft::ticker const& seen) {
                  { seen.channel() }
                  noexcept->std::same_as<recv_chan<clock::time_point> const&>;
                  { t.stop() } -> std::same_as<void>;
                  { t.reset(milliseconds(1)) } -> std::same_as<void>;
              });
static_assert(std::is_nothrow_move_constructible_v<weft::func_timer> &&
              !std::is_copy_constructible_v<weft::func_timer> && requires(weft::func_timer t) {
                  { t.stop() } -> std::same_as<bool>;
                  { t.reset(milliseconds(1)) } -> std::same_as<bool>;
              });
static_assert(std::same_as<decltype(weft::after_func(clock::duration(), predicate)), weft::func_timer>);
static_assert(
    std::same_as<decltype(weft::after_func(clock::duration(), predicate, weft::site::here())), weft::func_timer>);
static_assert(!std::is_copy_constructible_v<weft::wait_group> && requires(weft::wait_group g) {
    { g.add() } -> std::same_as<void>;
    { g.add(std::ptrdiff_t{3}) } -> std::same_as<void>;
    { g.done() } -> std::same_as<void>;
    { g.wait() } -> std::same_as<void>;
    {
        g.go([] {})
        } -> std::same_as<void>;
});

static_assert(std::is_base_of_v<std::logic_error, weft::closed_channel>);

using weft::context;
using weft::with_cancel;
static_assert(std::is_nothrow_default_constructible_v<context> && std::copyable<context> &&
              std::is_nothrow_move_constructible_v<context> && requires(context const c) {
                  { c.done() } -> std::same_as<recv_chan<weft::unit>>;
                  { c.error() }
                  noexcept->std::same_as<std::error_code>;
                  { c.cause() }
                  noexcept->std::same_as<std::exception_ptr>;
                  { c.deadline() }
                  noexcept->std::same_as<std::optional<weft::clock::time_point>>;
                  { c.value<boxed>() }
                  noexcept->std::same_as<boxed const*>;
                  { context::background() }
                  noexcept->std::same_as<context>;
              });
static_assert(std::is_copy_constructible_v<weft::cancel_function> && requires(weft::cancel_function const f) {
    { f() }
    noexcept->std::same_as<void>;
    { f(std::exception_ptr()) }
    noexcept->std::same_as<void>;
});
using cancellable = weft::cancellable;
static_assert(requires(context const& c, weft::clock::time_point t, weft::clock::duration d) {
    { with_cancel(c) } -> std::same_as<cancellable>;
    { weft::with_deadline(c, t) } -> std::same_as<cancellable>;
    { weft::with_timeout(c, d) } -> std::same_as<cancellable>;
    { weft::with_value(c, boxed()) } -> std::same_as<context>;
    { weft::without_cancel(c) } -> std::same_as<context>;
    {
        weft::with_context(c, [] { return 1; })
        } -> std::same_as<int>;
    {
        weft::with_timeout(d, [] { return boxed(); })
        } -> std::same_as<boxed>;
    {
        weft::with_timeout(milliseconds(1), [] {})
        } -> std::same_as<void>;
    {
        weft::with_deadline(t, []() -> int& { throw 1; })
        } -> std::same_as<int&>;
    {
        weft::after_cancel(c, [] {})
        } -> std::same_as<weft::cancel_callback>;
});
static_assert(std::is_nothrow_move_constructible_v<weft::cancel_callback> &&
              !std::is_copy_constructible_v<weft::cancel_callback>);
static_assert(std::same_as<decltype(std::declval<weft::cancel_callback>().stop()), bool>);
static_assert(std::same_as<decltype(weft::this_fiber::current_context()), context const&>);
static_assert(pinned<decltype(weft::on_done(std::declval<context const&>()))>);
static_assert(std::is_convertible_v<decltype(weft::on_done(std::declval<context const&>())), weft::select_case>);

using weft::task_group;
static_assert(std::is_default_constructible_v<task_group> && !std::is_convertible_v<context, task_group> &&
              !std::is_copy_constructible_v<task_group> && requires(task_group g, context const& c) {
                  task_group(c);
                  {
                      g.go([] {})
                      } -> std::same_as<void>;
                  {
                      g.try_go([] {})
                      } -> std::same_as<bool>;
                  {
                      g.spawn([] { return boxed(); })
                      } -> std::same_as<weft::fiber<boxed>>;
                  { g.set_limit(std::size_t{3}) } -> std::same_as<void>;
                  { g.cancel() }
                  noexcept->std::same_as<void>;
                  { g.wait() } -> std::same_as<void>;
                  { std::as_const(g).ctx() }
                  noexcept->std::same_as<context const&>;
              });

static_assert(std::is_constructible_v<weft::fiber_local<boxed>, boxed (*)()>);
static_assert(std::is_default_constructible_v<weft::fiber_local<boxed>> && requires(weft::fiber_local<boxed> l) {
    { l.get() } -> std::same_as<boxed&>;
    { *l } -> std::same_as<boxed&>;
    { l.operator->() } -> std::same_as<boxed*>;
});

}  // namespace

TEST_CASE("the channel, context and group interface has the promised signatures", "[api][C8]") {
    SUCCEED("checked by the compiler");
}
