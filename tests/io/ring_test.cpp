// The io_uring engine when its queues are tiny, its memory is used up, its system calls fail, and its kernel is old. The contract
// that it shares with epoll is the rest of this folder, which runs on both.

#include <linux/io_uring.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

#include "engines.hpp"
#include "readiness_poller.hpp"
#include "sockets.hpp"
#include "support/descriptors.hpp"
#include "support/fixture.hpp"
#include "support/residue.hpp"

using namespace weft_test;
namespace net = weft::net;
using weft::detail::system_table;

namespace {

// Runs `body` as the main fiber on io_uring, with 1, 2 and 8 workers.
template <class Body>
void on_rings(Body const& body) {
    if (!has_io_uring()) return;
    with_workers([&](weft::runtime_options options) {
        options.poller = weft::poller_kind::io_uring;
        weft::run(body, options);
    });
}

// Everything that is sent until the end of the stream.
std::string drain(net::tcp_stream& from) {
    std::string all;
    for (std::string piece = receive(from, 3'000); !piece.empty(); piece = receive(from, 3'000)) all += piece;
    return all;
}

// Many connections at a time: each sends in small pieces what the other side has to receive whole.
void exchange_on_many(int connections, std::size_t bytes) {
    auto listener = net::listen("127.0.0.1:0");
    std::string const text = pattern(bytes);
    std::vector<weft::fiber<bool>> readers;
    weft::wait_group writers;
    for (int i = 0; i != connections; ++i) {
        auto [near, far] = connect(listener);
        readers.push_back(weft::spawn([far = std::move(far), &text]() mutable { return drain(far) == text; }));
        writers.go([near = std::move(near), &text]() mutable {
            for (std::size_t at = 0; at < text.size(); at += 700) {
                send(near, std::string_view(text).substr(at, 700));
                if (at % 2'100 == 0) weft::this_fiber::yield();
            }
        });
    }
    writers.wait();
    for (auto& reader : readers)
        if (!reader.join()) FAIL("other bytes arrived");
}

std::atomic<unsigned> calls_made{0};

// Every third entry fails: with EINTR, EAGAIN and EBUSY in turn.
system_table const hesitant = [] {
    system_table t;
    t.io_uring_enter = [](int ring, unsigned submit, unsigned complete, unsigned flags, void const* argument,
                          std::size_t bytes) {
        unsigned const n = calls_made.fetch_add(1);
        if (n % 3 != 0) return weft::detail::real_system.io_uring_enter(ring, submit, complete, flags, argument, bytes);
        constexpr int errors[] = {EINTR, EAGAIN, EBUSY};
        errno = errors[n / 3 % 3];
        return -1;
    };
    return t;
}();

// A kernel before 5.19: no ring of buffers, hence no multishot receive.
system_table const old_kernel = [] {
    system_table t;
    t.io_uring_register = [](int, unsigned, void*, unsigned) {
        errno = EINVAL;
        return -1;
    };
    return t;
}();

// A kernel before 5.17: requests cannot be told to say nothing when all is well.
system_table const talkative_kernel = [] {
    system_table t;
    t.io_uring_setup = [](unsigned entries, io_uring_params* wanted) {
        int const made = weft::detail::real_system.io_uring_setup(entries, wanted);
        wanted->features &= ~(1u << 11);  // IORING_FEAT_CQE_SKIP, which older headers lack
        return made;
    };
    return t;
}();

// A kernel before 5.1.
system_table const older_kernel = [] {
    system_table t;
    t.io_uring_setup = [](unsigned, io_uring_params*) {
        errno = ENOSYS;
        return -1;
    };
    return t;
}();

std::atomic<unsigned> receives_made{0}, sends_made{0}, enters_made{0};

system_table const counting = [] {
    system_table t;
    t.recv = [](int fd, void* to, std::size_t bytes, int flags) {
        ++receives_made;
        return weft::detail::real_system.recv(fd, to, bytes, flags);
    };
    t.send = [](int fd, void const* from, std::size_t bytes, int flags) {
        ++sends_made;
        return weft::detail::real_system.send(fd, from, bytes, flags);
    };
    t.io_uring_enter = [](int ring, unsigned submit, unsigned complete, unsigned flags, void const* argument,
                          std::size_t bytes) {
        ++enters_made;
        return weft::detail::real_system.io_uring_enter(ring, submit, complete, flags, argument, bytes);
    };
    return t;
}();

std::atomic<unsigned> signals_made{0};

system_table const counting_signals = [] {
    system_table t;
    t.write = [](int fd, void const* from, std::size_t bytes) {
        ++signals_made;
        return weft::detail::real_system.write(fd, from, bytes);
    };
    return t;
}();

}  // namespace

TEST_CASE("a completion queue that overflows loses nothing", "[net][io_uring][C54]") {
    sized_rings const tiny({.submissions = 2, .completions = 2});
    on_rings([] { exchange_on_many(sized(40, 20, 10), 20'000); });
}

TEST_CASE("without a buffer left whoever waits receives by itself", "[net][io_uring][C54]") {
    sized_rings const tiny({.pieces = 2, .piece_bytes = 64});
    on_rings([] { exchange_on_many(sized(40, 20, 10), 20'000); });
}

TEST_CASE("entering the ring may fail for a while", "[net][io_uring][C53]") {
    installed const guard(hesitant);
    on_rings([] { exchange_on_many(sized(40, 20, 10), 20'000); });
}

TEST_CASE("a kernel without multishot receives is asked for readiness", "[net][io_uring]") {
    installed const guard(old_kernel);
    on_rings([] { exchange_on_many(sized(40, 20, 10), 20'000); });
}

TEST_CASE("a kernel that lacks what weft needs of io_uring is refused", "[net][io_uring]") {
    if (!has_io_uring()) return;
    std::size_t const before = residue::now().descriptors;
    for (system_table const* kernel : {&talkative_kernel, &older_kernel}) {
        installed const guard(*kernel);
        try {
            weft::detail::make_io_uring_poller();
            FAIL("made");
        } catch (std::system_error const& refused) {
            CHECK(refused.code() == std::errc::function_not_supported);
        }
    }
    CHECK(residue::now().descriptors == before);
}

TEST_CASE("what nobody comes for stays in the socket and slows the peer down", "[net][io_uring]") {
    on_rings([] {
        auto [near, far] = connect();
        auto first = weft::spawn([&far = far] { return receive(far, 1); });
        until_parked(1);  // from now on bytes are received as they come
        send(near, "x");
        CHECK(first.join() == "x");
        // So much that no buffer of ours could hold it all; `fill` ends because the peer's side is full.
        std::size_t const sent = fill(near);
        auto rest = weft::spawn([&far = far] { return drain(far).size(); });
        near.shutdown_write();
        CHECK(rest.join() == sent);
    });
}

TEST_CASE("an error that comes after bytes is found after them", "[net][io_uring][C54]") {
    on_rings([] {
        for (int i = 0; i != sized(50, 20, 10); ++i) {
            auto [near, far] = connect();
            auto first = weft::spawn([&far = far] { return receive(far, 1); });
            until_parked(1);
            send(near, "x");
            CHECK(first.join() == "x");
            send(near, "last words");
            let_others_run();
            // Closing with something unread resets the connection.
            send(far, "never read");
            let_others_run();
            near.close();
            let_others_run();
            std::error_code why;
            std::string text(100, '\0');
            text.resize(far.read_some(writable(text), why));
            // Linux drops what nobody has received yet when a reset arrives; what the ring received before is kept.
            if (why)
                CHECK(why == std::errc::connection_reset);
            else
                CHECK(text == "last words");
        }
    });
}

TEST_CASE("connections that nobody has accepted end with their listener", "[net][io_uring][C50]") {
    on_rings([] {
        auto listener = net::listen("127.0.0.1:0");
        { auto first = connect(listener); }
        std::size_t const before = descriptors_in_use();
        auto again = net::listen("127.0.0.1:0");
        auto waits = weft::spawn([&again] { return again.accept(); });
        until_parked(1);  // from now on connections are accepted as they come
        std::vector<net::tcp_stream> dialled;
        for (int i = 0; i != 100; ++i) dialled.push_back(net::dial(again.local()));
        waits.join().close();
        auto second = again.accept();
        second.close();
        again.close();
        for (auto& stream : dialled) {
            std::error_code why;
            std::byte byte[1];
            stream.set_read_deadline(weft::clock::now() + std::chrono::seconds(10));
            CHECK(stream.read_some(byte, why) == 0);
            CHECK(why != std::errc::timed_out);
        }
        dialled.clear();
        CHECK(descriptors_in_use() == before);
    });
}

// The worker in whose ring the bytes are is stuck, and nobody is idle and looks after it.
TEST_CASE("a look at a socket finds what a busy worker's ring has received", "[net][io_uring][bug]") {
    if (!has_io_uring()) return;
    supervised const nothing_left("two workers");
    weft::run(
        [] {
            auto [near, far] = connect();
            auto first = weft::spawn([&far = far] { return receive(far, 1); });
            until_parked(1);
            send(near, "x");
            CHECK(first.join() == "x");

            std::atomic<bool> looks{false}, over{false};
            auto looker = weft::spawn([&, &far = far] {
                looks = true;
                auto const end = weft::clock::now() + std::chrono::seconds(5);
                bool found = false;
                while (!found && weft::clock::now() < end)
                    found = weft::select(weft::on_readable(far), weft::otherwise()) == 0;
                over = true;
                return found;
            });
            while (!looks.load()) {}
            send(near, "y");
            while (!over.load()) {}
            CHECK(looker.join());
        },
        {.workers = 2, .poller = weft::poller_kind::io_uring});
}

TEST_CASE("what has arrived outlives the runtime", "[net][io_uring][C54]") {
    if (!has_io_uring()) return;
    net::tcp_stream kept;
    with_workers([&](weft::runtime_options options) {
        options.poller = weft::poller_kind::io_uring;
        weft::run(
            [&] {
                auto [near, far] = connect();
                auto first = weft::spawn([&far = far] { return receive(far, 1); });
                until_parked(1);
                send(near, "x, and more");
                CHECK(first.join() == "x");
                kept = std::move(far);
            },
            options);
        CHECK(drain(kept) == ", and more");
        kept = {};
    });
}

TEST_CASE("an echo on one worker makes no system call but to send", "[net][io_uring]") {
    if (!has_io_uring()) return;
    supervised const nothing_left("one worker");
    installed const guard(counting);
    constexpr unsigned rounds = 1'000;
    weft::run(
        [] {
            auto [near, far] = connect();
            auto server = weft::spawn([&far = far] {
                std::string text = receive(far, 64);
                for (; !text.empty(); text = receive(far, 64)) send(far, text);
            });
            auto const once = [&near = near] {
                send(near, "sixty-four bytes, or nearly so");
                return receive(near, 64).size();
            };
            while (once() == 0 || receives_made.load() == 0) {}
            receives_made = sends_made = enters_made = 0;
            std::size_t received = 0;
            for (unsigned i = 0; i != rounds; ++i) received += once();
            CHECK(received == rounds * 30);
            CHECK(sends_made.load() == 2 * rounds);
            CHECK(receives_made.load() < rounds / 100);
            CHECK(enters_made.load() < rounds / 4);
            near.close();
            server.join();
        },
        {.workers = 1, .poller = weft::poller_kind::io_uring});
}

// An interrupt waits for the worker to go to sleep. Meanwhile each look at the ring finds it.
TEST_CASE("an interrupt costs a busy worker one signal, however often it looks", "[net][io_uring][bug]") {
    if (!has_io_uring()) return;
    supervised const nothing_left("one worker");
    installed const guard(counting_signals);
    weft::runtime rt({.workers = 1, .poller = weft::poller_kind::io_uring});
    rt.run([&rt] {
        auto const let_it_look = [&rt](std::uint64_t count) {
            std::uint64_t const before = rt.stats().polls;
            yield_until([&] { return rt.stats().polls >= before + count; });
        };
        auto [near, far] = connect();
        let_it_look(1);  // what this fiber has asked for is under way, so that the next to ask has to interrupt
        auto const& here = static_cast<weft::detail::readiness_poller&>(*weft::detail::current_poller());
        here.shared_watch()->desk->take_interrupt();  // nor is there one that it would be a part of
        signals_made = 0;
        std::thread other([&far = far] { receive(far, 1); });
        yield_until([] { return signals_made.load() != 0; });
        let_it_look(200);
        CHECK(signals_made.load() == 1);
        send(near, "x");
        weft::blocking([&] { other.join(); });
    });
}
