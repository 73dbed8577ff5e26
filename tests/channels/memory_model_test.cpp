// What happens before what. Each test writes plain data before an edge and reads it after; the thread sanitizer is the judge, and
// the values read are a second one.

#include <mutex>
#include <optional>
#include <thread>
#include <vector>
#include <weft/blocking.hpp>
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include "support/fixture.hpp"

using weft::make_chan;
using weft::unit;
using weft_test::in_fibers;
using weft_test::with_workers;

namespace {

constexpr int rounds = weft_test::sized(1'000, 500, 200);

}  // namespace

TEST_CASE("a send happens before its receive completes", "[memory][C26]") {
    in_fibers([] {
        for (int const capacity : {0, 1, 9}) {
            auto const ch = make_chan<int*>(capacity);
            std::vector<int> plain(rounds, 0);
            auto writer = weft::spawn([&plain, ch] {
                for (int& cell : plain) {
                    cell = 1;
                    ch.send(&cell);
                }
                ch.close();
            });
            int sum = 0;
            for (int* cell : ch) sum += *cell;
            CHECK(sum == rounds);
            writer.join();
        }
    });
}

TEST_CASE("a send in a select happens before the receive in another", "[memory][select][C26]") {
    in_fibers([] {
        auto const ch = make_chan<int*>(), never = make_chan<int*>();
        std::vector<int> plain(rounds, 0);
        auto writer = weft::spawn([&plain, ch, never] {
            for (int& cell : plain) {
                cell = 1;
                weft::select(weft::on_send(never, &cell), weft::on_send(ch, &cell));
            }
        });
        int sum = 0;
        std::optional<int*> cell;
        for (int i = 0; i != rounds; ++i) {
            weft::select(weft::on_recv(ch, cell), weft::on_recv(never, cell));
            sum += **cell;
        }
        CHECK(sum == rounds);
        writer.join();
    });
}

TEST_CASE("close happens before a receive that sees it", "[memory][C27]") {
    in_fibers([] {
        for (int i = 0; i != rounds; ++i) {
            auto const ch = make_chan<int>(i % 2);
            int plain = 0;
            auto closer = weft::spawn([&plain, ch] {
                plain = 1;
                ch.close();
            });
            int value = 0;
            if (i % 3 == 0) ch.recv();
            if (i % 3 == 1) weft::select(weft::on_recv(ch, [](std::optional<int>) {}));
            if (i % 3 == 2) weft_test::yield_until([&] { return ch.try_recv(value) == weft::chan_status::closed; });
            if (plain != 1) FAIL("read before it was written");
            closer.join();
        }
    });
}

TEST_CASE("an unbuffered receive happens before its send completes", "[memory][C28]") {
    in_fibers([] {
        auto const ch = make_chan<unit>();
        std::vector<int> plain(rounds, 0);
        auto receiver = weft::spawn([&plain, ch] {
            for (int& cell : plain) {
                cell = 1;
                ch.recv();
            }
        });
        int sum = 0;
        for (int const& cell : plain) {
            ch.send({});
            sum += cell;
        }
        CHECK(sum == rounds);
        receiver.join();
    });
}

TEST_CASE("the k-th receive happens before the (k+c)-th send completes", "[memory][C29]") {
    in_fibers([] {
        for (std::size_t const capacity : {std::size_t{1}, std::size_t{3}}) {
            // The channel is a semaphore: at most `capacity` fibers are inside, and each cell is used by one at a time.
            auto const slots = make_chan<unit>(static_cast<std::ptrdiff_t>(capacity));
            std::vector<int> plain(rounds + capacity, 0);
            auto receiver = weft::spawn([&plain, slots] {
                for (std::size_t k = 0; k != rounds; ++k) {
                    plain[k] = 1;
                    slots.recv();
                }
            });
            int sum = 0;
            for (std::size_t k = 0; k != rounds; ++k) {
                slots.send({});
                if (k >= capacity) sum += plain[k - capacity];
            }
            CHECK(sum == rounds - static_cast<int>(capacity));
            receiver.join();
        }
    });
}

TEST_CASE("spawn happens before the first statement, the last before join returns", "[memory][C30]") {
    in_fibers([] {
        int sum = 0;
        for (int i = 0; i != rounds; ++i) {
            int before = i, after = 0;
            auto fiber = weft::spawn([&] { after = before + 1; });
            fiber.join();
            sum += after - i;
        }
        CHECK(sum == rounds);

        auto const done = make_chan<unit>();
        int plain = 1;
        weft::go([&, done] {
            plain += 1;
            done.send({});
        });
        done.recv();
        CHECK(plain == 2);
    });
}

TEST_CASE("what a fiber did happens before a join that only asked", "[memory][C30]") {
    in_fibers([] {
        for (int i = 0; i != rounds; ++i) {
            int plain = 0;
            auto fiber = weft::spawn([&] { plain = 1; });
            weft_test::yield_until([&] { return fiber.join_until(weft::clock::now()); });
            if (plain != 1) FAIL("read before it was written");
            fiber.join();
        }
    });
}

TEST_CASE("an unlock happens before the next lock returns", "[memory][sync][C31]") {
    in_fibers([] {
        weft::mutex mutex;
        long plain = 0;
        std::vector<weft::fiber<>> fibers;
        for (int f = 0; f != 4; ++f)
            fibers.push_back(weft::spawn([&, f] {
                for (int i = 0; i != rounds; ++i) {
                    if (f == 0)
                        weft_test::yield_until([&] { return mutex.try_lock(); });
                    else
                        mutex.lock();
                    ++plain;
                    if (i % 16 == 0) weft::this_fiber::yield();  // the next one has to sleep for it
                    mutex.unlock();
                }
            }));
        for (auto& fiber : fibers) fiber.join();
        CHECK(plain == 4L * rounds);
    });
}

TEST_CASE("what a wait_group counts down happens before the wait it lets through", "[memory][sync][C33]") {
    in_fibers([] {
        for (int i = 0; i != rounds / 10; ++i) {
            weft::wait_group group;
            std::vector<int> plain(10, 0);
            group.add(10);
            for (int& cell : plain) weft::go([&] { cell = 1, group.done(); });
            auto other = weft::spawn([&] {
                group.wait();
                return plain[3];
            });
            group.wait();
            int sum = 0;
            for (int cell : plain) sum += cell;
            if (sum != 10) FAIL("read before it was written");
            if (other.join() != 1) FAIL("read before it was written");
        }
    });
}

TEST_CASE("run, blocking and threads are edges too", "[memory][thread][C26][C30]") {
    with_workers([](weft::runtime_options options) {
        int plain = 1;
        auto const ch = make_chan<int*>();
        std::thread thread([ch] {
            int* const cell = ch.recv().value();
            *cell += 1;
            ch.send(cell);
        });
        weft::run(
            [&] {
                plain += 1;
                weft::blocking([&] { plain += 1; });
                ch.send(&plain);
                ch.recv();
                plain += 1;
            },
            options);
        thread.join();
        CHECK(plain == 5);
    });
}
