// Nobody starves: ping-pong pairs, yielding fibers, timers and spinners share the workers.

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>
#include <weft/chan.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::make_chan;
using weft_test::in_fibers;

namespace {

// Two fibers that keep each other, and one worker, busy until `stop`.
class ping_pong {
public:
    explicit ping_pong(std::atomic<bool>& stop)
        : ping_(weft::spawn([this, &stop] {
              while (!stop) {
                  there_.send(1);
                  back_.recv();
                  ++rounds_;
              }
              there_.close();
          })),
          pong_(weft::spawn([this] {
              for (int value : there_) back_.send(value);
          })) {}

    long rounds() const { return rounds_; }
    void join() { ping_.join(), pong_.join(); }

private:
    weft::chan<int> there_ = make_chan<int>(), back_ = make_chan<int>();
    std::atomic<long> rounds_ = 0;
    weft::fiber<> ping_, pong_;
};

}  // namespace

TEST_CASE("timers make progress while a ping-pong pair keeps the worker busy", "[sched][timer][C42]") {
    in_fibers([] {
        std::atomic<bool> stop = false;
        std::vector<std::unique_ptr<ping_pong>> pairs;
        for (int i = 0; i != 8; ++i) pairs.push_back(std::make_unique<ping_pong>(stop));  // one for each worker
        for (int i = 0; i != 5; ++i) weft::this_fiber::sleep_for(2ms);
        auto const never = make_chan<int>();
        CHECK(weft::select(weft::on_recv(never, [](std::optional<int>) {}), weft::on_timeout(2ms)) == 1);
        stop = true;
        for (auto& pair : pairs) pair->join();
    });
}

TEST_CASE("a ping-pong pair makes progress beside fibers that yield in a loop", "[sched][C42]") {
    in_fibers([] {
        std::atomic<bool> stop = false;
        std::vector<weft::fiber<>> yielders;
        for (int i = 0; i != 16; ++i)
            yielders.push_back(weft::spawn([&stop] {
                while (!stop) weft::this_fiber::yield();
            }));
        ping_pong pair(stop);
        weft_test::yield_until([&] { return pair.rounds() >= 200; });
        stop = true;
        pair.join();
        for (auto& yielder : yielders) yielder.join();
    });
}

TEST_CASE("fibers that never block do not starve others", "[sched][channel][C42]") {
    in_fibers([] {
        // A producer and a consumer of a buffered channel that rarely park, one pair for each worker.
        std::atomic<bool> stop = false;
        std::vector<weft::fiber<>> busy;
        for (int i = 0; i != 8; ++i)
            busy.push_back(weft::spawn([&stop] {
                auto const ch = make_chan<int>(1);
                while (!stop) {
                    ch.send(1);
                    ch.recv();
                }
            }));
        for (int i = 0; i != 20; ++i) weft::spawn([] {}).join();
        stop = true;
        for (auto& fiber : busy) fiber.join();
    });
}

TEST_CASE("a lock that is always contended is passed on", "[sync][C42]") {
    in_fibers([] {
        weft::mutex mutex;
        std::atomic<bool> stop = false;
        std::vector<weft::fiber<>> greedy;
        for (int i = 0; i != 4; ++i)
            greedy.push_back(weft::spawn([&] {
                while (!stop) {
                    mutex.lock();
                    weft::this_fiber::yield();
                    mutex.unlock();
                }
            }));
        for (int i = 0; i != 20; ++i) {
            mutex.lock();
            mutex.unlock();
        }
        stop = true;
        for (auto& fiber : greedy) fiber.join();
    });
}

TEST_CASE("a fiber that was spawned long ago starts although newer ones keep coming", "[sched][C42]") {
    in_fibers([] {
        // Depth-first spawning prefers the newest; the oldest must not wait for ever.
        std::atomic<bool> oldest_ran = false;
        auto oldest = weft::spawn([&] { oldest_ran = true; });
        weft_test::yield_until([&] {
            for (int i = 0; i != 10; ++i) weft::spawn([] {}).join();
            return oldest_ran.load();
        });
        oldest.join();
    });
}
