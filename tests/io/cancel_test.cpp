// Cancellation of socket operations: they have happened or not.

#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"
#include "support/seed.hpp"

using namespace weft_test;
namespace net = weft::net;

namespace {

template <class Call>
bool throws_cancelled(Call const& call) {
    try {
        call();
    } catch (weft::cancelled const&) {
        return true;
    }
    return false;
}

}  // namespace

TEST_CASE("a cancelled fiber leaves every kind of wait", "[net][cancel]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto [near, far] = connect(listener);
        fill(near);
        std::vector<weft::fiber<bool>> waiting;
        auto add = [&](auto call) { waiting.push_back(weft::spawn([call] { return throws_cancelled(call); })); };
        add([&listener] { listener.accept(); });
        add([&listener] { listener.accept(); });
        add([&near = near] { receive(near); });
        add([&near = near] { receive(near); });
        add([&near = near] { send(near, "x"); });
        add([&near = near] { send(near, "x"); });
        until_parked(waiting.size());
        for (auto& f : waiting) f.cancel();
        for (auto& f : waiting) CHECK(f.join());
    });
}

TEST_CASE("with an error code, cancellation is one", "[net][cancel]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto [near, far] = connect(listener);
        auto reader = weft::spawn([&near = near] {
            std::byte byte[1];
            std::error_code first, second;
            near.read_some(byte, first);
            near.read_some(byte, second);  // still cancelled
            return first == std::errc::operation_canceled && second == first;
        });
        auto acceptor = weft::spawn([&listener] {
            std::error_code ec;
            listener.accept(ec);
            return ec == std::errc::operation_canceled;
        });
        until_parked(2);
        reader.cancel();
        acceptor.cancel();
        CHECK(reader.join());
        CHECK(acceptor.join());
    });
}

TEST_CASE("an operation that needs no waiting completes in a cancelled fiber", "[net][cancel]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto worker = weft::spawn([&near = near] {
            std::byte byte[1];
            std::error_code ec;
            near.read_some(byte, ec);
            send(near, "after the cancellation");
            return ec == std::errc::operation_canceled;
        });
        until_parked(1);
        worker.cancel();
        CHECK(worker.join());
        CHECK(receive(far) == "after the cancellation");
    });
}

TEST_CASE("cancelling a reader loses no byte", "[net][cancel][C54]") {
    std::uint64_t const seed = seed_of("cancelling a reader loses no byte");
    in_fibers([seed] {
        engine dice(seed);
        auto [near, far] = connect();
        std::string const sent = pattern(sized<std::size_t>(40'000, 20'000, 4'000));
        auto writer = weft::spawn([&near = near, &sent] {
            for (std::size_t at = 0; at < sent.size(); at += 100) {
                send(near, std::string_view(sent).substr(at, 100));
                weft::this_fiber::yield();
            }
            near.close();
        });

        std::string received;
        for (bool ended = false; !ended;) {
            std::string part(64, '\0');
            auto reader = weft::spawn([&far = far, &part, &ended] {
                std::error_code ec;
                std::size_t const n = far.read_exact(writable(part), ec);
                ended = !ec && n < part.size();
                return n;
            });
            for (auto turns = below(dice, 4); turns != 0; --turns) weft::this_fiber::yield();
            reader.cancel();
            std::size_t const n = reader.join();
            received += part.substr(0, n);
            // What the cancelled read did not report it has not touched.
            CHECK(part.find_first_not_of('\0', n) == std::string::npos);
        }
        writer.join();
        CHECK(received == sent);
    });
}

TEST_CASE("a cancelled acceptor loses no connection", "[net][cancel][C54]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        int accepted = 0;
        constexpr int dialled = 100;
        auto dialler = weft::spawn([&] {
            for (int i = 0; i != dialled; ++i) net::dial(listener.local());
        });
        while (accepted != dialled) {
            auto acceptor = weft::spawn([&listener] {
                std::error_code ec;
                return listener.accept(ec).is_open();
            });
            weft::this_fiber::yield();
            acceptor.cancel();
            accepted += acceptor.join();
        }
        dialler.join();
    });
}

TEST_CASE("the end of the program's main fiber ends waiting connections", "[net][cancel][C39]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        weft::go([listener = std::move(listener)]() mutable {
            auto client = net::dial(listener.local());
            auto server = listener.accept();
            weft::go([client = std::move(client)]() mutable { receive(client); });
            receive(server);
        });
        until_parked(2);
    });
}
