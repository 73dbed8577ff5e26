// Operations that are ended in every way while data flows: nothing hangs, nothing is lost, nothing is left.

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"
#include "support/seed.hpp"

using namespace weft_test;
namespace net = weft::net;

namespace {

// What a socket goes through while others use it.
enum class disturbance {
    past_deadline,
    no_deadline,
    other_fibers,
    // These end the flow.
    ordered_end,
    close_writer,
    close_reader,
    cancel_writer,
    cancel_reader
};
constexpr std::uint64_t disturbances = 8;

constexpr bool ends_the_flow(disturbance d) { return d >= disturbance::ordered_end; }

// Sends all of `text` in pieces. Goes on after a deadline, where it was interrupted. Returns how much was sent.
std::size_t write_on(net::tcp_stream& to, std::string_view text, engine dice) {
    std::size_t sent = 0;
    while (sent != text.size()) {
        std::error_code why;
        auto const piece = text.substr(sent, 1 + below(dice, 100'000));
        sent += to.write_all(weft::as_bytes(piece), why);
        if (why == std::errc::timed_out)
            to.set_write_deadline(weft::clock::time_point::max());
        else if (why)
            return sent;
    }
    try {
        to.shutdown_write();
    } catch (std::system_error const&) {  // closed meanwhile, by us or by the peer
    }
    return sent;
}

// Receives up to the end of the stream or an error that is no deadline.
std::string read_on(net::tcp_stream& from, engine dice) {
    std::string all;
    for (;;) {
        std::error_code why;
        std::string piece(1 + below(dice, 50'000), '\0');
        std::size_t const got = from.read_some(writable(piece), why);
        all.append(piece, 0, got);
        if (why == std::errc::timed_out)
            from.set_read_deadline(weft::clock::time_point::max());
        else if (why || got == 0)
            return all;
    }
}

}  // namespace

TEST_CASE("whatever ends the operations on a stream, no byte is lost or comes twice", "[net][C49][C50][C54][stress]") {
    std::uint64_t const seed = seed_of("churn of operations");
    int const rounds = sized(200, 100, 25);
    std::string const text = pattern(1'000'000);
    in_fibers([&] {
        engine dice(seed);
        auto listener = net::listen("127.0.0.1:0");
        for (int round = 0; round != rounds; ++round) {
            auto [near, far] = connect(listener);
            auto writer =
                weft::spawn([&near = near, &text, dice = engine(dice())] { return write_on(near, text, dice); });
            auto reader = weft::spawn([&far = far, dice = engine(dice())] { return read_on(far, dice); });

            auto next = disturbance::other_fibers;
            do {
                next = static_cast<disturbance>(below(dice, disturbances));
                // The flow should be disturbed a while before it ends.
                if (ends_the_flow(next) && below(dice, 4) != 0) next = disturbance::other_fibers;
                switch (next) {
                case disturbance::past_deadline: (below(dice, 2) == 0 ? near : far).set_deadline(past()); break;
                case disturbance::no_deadline: (below(dice, 2) == 0 ? near : far).clear_deadline(); break;
                case disturbance::other_fibers:
                    for (auto turns = below(dice, 30); turns != 0; --turns) weft::this_fiber::yield();
                    break;
                case disturbance::ordered_end: break;
                case disturbance::close_writer: near.close(); break;
                case disturbance::close_reader: far.close(); break;
                case disturbance::cancel_writer: writer.cancel(); break;
                case disturbance::cancel_reader: reader.cancel(); break;
                }
            } while (!ends_the_flow(next));

            // Whoever is left finds out through the connection.
            if (next == disturbance::cancel_reader) far.close();
            std::size_t const sent = writer.join();
            if (next == disturbance::cancel_writer) near.close();
            std::string const received = reader.join();
            if (std::string_view(text).substr(0, received.size()) != received)
                FAIL("round " << round << ": other bytes arrived");
            if (received.size() > sent) FAIL("round " << round << ": more arrived than was sent");
            if (next == disturbance::ordered_end && received.size() != text.size())
                FAIL("round " << round << ": bytes are missing");
        }
    });
}

TEST_CASE("close meets every moment of a dial, an accept and a first read", "[net][C50][stress]") {
    std::uint64_t const seed = seed_of("churn of connections");
    int const rounds = sized(500, 200, 50);
    in_fibers([&] {
        engine dice(seed);
        for (int round = 0; round != rounds; ++round) {
            auto listener = net::listen("127.0.0.1:0");
            auto const address = listener.local();
            auto server = weft::spawn([&listener] {
                for (;;) {
                    std::error_code why;
                    net::tcp_stream stream = listener.accept(why);
                    if (why) return why == std::errc::operation_canceled;
                    weft::go([stream = std::move(stream)]() mutable {
                        std::error_code ignored;
                        std::string text(64, '\0');
                        text.resize(stream.read_some(writable(text), ignored));
                        stream.write_all(weft::as_bytes(text), ignored);
                    });
                }
            });
            auto client = weft::spawn([address] {
                std::error_code why;
                net::tcp_stream stream = net::dial(address.to_string(), why);
                if (why) return true;
                std::string text = "hello";
                stream.write_all(weft::as_bytes(text), why);
                std::string answer(5, '\0');
                return stream.read_exact(writable(answer), why) != 5 || answer == text;
            });
            for (auto turns = below(dice, 20); turns != 0; --turns) weft::this_fiber::yield();
            listener.close();
            bool const ended_well = server.join();
            bool const answered_well = client.join();
            if (!ended_well || !answered_well) FAIL("round " << round);
        }
    });
}

namespace {

// Closing then resets the connection: no address is kept busy, so that there may be any number of them in a second.
void reset_on_close(net::tcp_stream& stream) {
    linger const at_once{1, 0};
    ::setsockopt(stream.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

struct seen {
    bool whole = false;
    std::uint64_t value = 0;
};

seen read_value(net::tcp_stream& from) {
    seen s;
    std::error_code why;
    s.whole = from.read_exact(std::as_writable_bytes(std::span(&s.value, 1)), why) == sizeof s.value;
    return s;
}

}  // namespace

// 100,000 in all, with 1, 2 and 8 workers.
TEST_CASE("a number closed under a pending operation never means its next owner", "[net][C50][C54][bug][B15][stress]") {
    std::uint64_t const seed = seed_of("churn of numbers");
    std::uint64_t const rounds = sized(33'334, 1'500, 100);
    in_fibers([&] {
        engine dice(seed);
        auto listener = net::listen("127.0.0.1:0");
        for (std::uint64_t round = 0; round != rounds; ++round) {
            auto [near, far] = connect(listener);
            reset_on_close(near);
            auto reader = weft::spawn([&near = near] { return read_value(near); });
            bool const parks = below(dice, 2) == 0;
            if (parks) weft::this_fiber::yield();
            auto const way = below(dice, 4);
            if (way >= 2) far.write_all(std::as_bytes(std::span(&round, 1)));
            if (way == 0) reader.cancel();
            if (way == 1 || way == 3) near.close();
            seen const s = reader.join();
            if (s.whole ? s.value != round || way < 2 : way == 2) FAIL("round " << round << ", way " << way);
        }
    });
}
