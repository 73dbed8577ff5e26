// Deadlines, cancellations and closing: no byte lost or doubled, no fiber stuck, nothing left.

#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "secured.hpp"
#include "support/fixture.hpp"
#include "support/seed.hpp"

using namespace weft_test;
using namespace std::chrono_literals;
namespace tls = weft::tls;

namespace {

// A client whose peer says nothing.
struct lonely {
    tls::stream client;
    link_end far;
};
lonely alone(tls::client_config const& config = client_config()) {
    auto [near, far] = link_end::make();
    return {tls::client(std::move(near), "weft.test", config), std::move(far)};
}

}  // namespace

TEST_CASE("a handshake with a peer that says nothing ends by the timeout of the configuration", "[tls][deadline]") {
    with_peers([] {
        tls::client_options options = trusting();
        options.handshake_timeout = 5ms;
        auto [client, far] = alone(tls::client_config(options));
        std::error_code ec;
        client.handshake(ec);
        CHECK(ec == std::errc::timed_out);

        tls::server_options serving_options = serving();
        serving_options.handshake_timeout = 5ms;
        auto [near, silent] = link_end::make();
        tls::stream server = tls::server(std::move(near), tls::server_config(serving_options));
        CHECK_THROWS_AS(receive(server), std::system_error);
    });
}

TEST_CASE("a handshake obeys the deadlines of the stream, and of the fiber's context", "[tls][deadline]") {
    with_peers([] {
        auto [client, far] = alone();
        std::error_code ec;
        client.set_deadline(weft::clock::now() + 3ms);
        client.handshake(ec);
        CHECK(ec == std::errc::timed_out);
        client.clear_deadline();
        CHECK_THROWS_AS(weft::with_timeout(3ms, [&client = client] { client.handshake(); }), weft::deadline_exceeded);
        client.set_read_deadline(past());
        std::byte byte[1];
        CHECK(client.read_some(byte, ec) == 0);
        CHECK(ec == std::errc::timed_out);
    });
}

TEST_CASE("a handshake that was interrupted goes on where it was", "[tls][deadline][cancel]") {
    std::uint64_t const seed = seed_of("a handshake that was interrupted goes on where it was");
    with_peers([seed] {
        engine dice(seed);
        for (int round = 0; round != sized(20, 10, 4); ++round) {
            secured both = over_memory(client_config(), server_config(), {.chunk = 40, .room = 60});
            // Each side tries again and again, and is cancelled again and again.
            auto insist = [](tls::stream& side, std::uint64_t own_seed) {
                return weft::spawn([&side, own_seed] {
                    engine own(own_seed);
                    for (;;) {
                        auto attempt = weft::spawn([&side] {
                            std::error_code ec;
                            side.handshake(ec);
                            return ec;
                        });
                        for (auto turns = below(own, 6); turns != 0; --turns) weft::this_fiber::yield();
                        attempt.cancel();
                        std::error_code const ec = attempt.join();
                        if (ec != std::errc::operation_canceled) return ec;
                    }
                });
            };
            auto client = insist(both.client, dice());
            auto server = insist(both.server, dice());
            CHECK_FALSE(client.join());
            CHECK_FALSE(server.join());
            auto answer = weft::spawn([&] { send(both.server, receive(both.server)); });
            send(both.client, "still here");
            CHECK(receive(both.client) == "still here");
            answer.join();
        }
    });
}

TEST_CASE("cancelled reads and writes lose no byte and double none", "[tls][cancel][C54]") {
    std::uint64_t const seed = seed_of("cancelled reads and writes lose no byte and double none");
    with_peers([seed] {
        engine dice(seed);
        secured both = over_memory(client_config(), server_config(), {.chunk = 700, .room = 1500});
        REQUIRE(shake(both).good());
        std::string const text = pattern(sized<std::size_t>(400'000, 150'000, 40'000));

        auto writer = weft::spawn([&, own_seed = dice()] {
            engine own(own_seed);
            for (std::size_t at = 0; at != text.size();) {
                auto part = weft::as_bytes(std::string_view(text).substr(at, 1 + below(own, 9000)));
                auto attempt = weft::spawn([&both, part] {
                    std::error_code ec;
                    return both.client.write_all(part, ec);
                });
                for (auto turns = below(own, 5); turns != 0; --turns) weft::this_fiber::yield();
                attempt.cancel();
                at += attempt.join();
            }
            both.client.write_all({});  // what is queued
            both.client.shutdown_write();
        });

        std::string received;
        for (bool ended = false; !ended;) {
            std::string part(3000, '\0');
            auto reader = weft::spawn([&both, &part, &ended] {
                std::error_code ec;
                std::size_t const n = both.server.read_exact(writable(part), ec);
                ended = !ec && n < part.size();
                return n;
            });
            for (auto turns = below(dice, 4); turns != 0; --turns) weft::this_fiber::yield();
            reader.cancel();
            received += part.substr(0, reader.join());
        }
        writer.join();
        CHECK(received == text);
    });
}

TEST_CASE("with an error code cancellation is one, and else it unwinds", "[tls][cancel]") {
    with_peers([] {
        auto [client, far] = alone();
        auto with_code = weft::spawn([&client = client] {
            std::error_code first, second;
            std::byte byte[1];
            client.handshake(first);
            client.read_some(byte, second);
            return first == std::errc::operation_canceled && second == first;
        });
        until_parked(1);
        with_code.cancel();
        CHECK(with_code.join());
        // In the line for the handshake, too.
        auto throws = [&client = client] {
            return weft::spawn([&client] {
                try {
                    client.handshake();
                } catch (weft::cancelled const&) {
                    return true;
                }
                return false;
            });
        };
        auto one = throws();
        auto other = throws();
        until_parked(2);
        one.cancel();
        other.cancel();
        CHECK(one.join());
        CHECK(other.join());
    });
}

TEST_CASE("a deadline ends those that wait and those in line", "[tls][deadline]") {
    with_peers([] {
        secured both = over_memory(client_config(), server_config());
        REQUIRE(shake(both).good());
        std::vector<weft::fiber<bool>> waiting;
        for (int i = 0; i != 3; ++i)
            waiting.push_back(weft::spawn([&] {
                std::error_code ec;
                std::byte byte[1];
                both.client.read_some(byte, ec);
                return ec == std::errc::timed_out;
            }));
        until_parked(waiting.size());
        both.client.set_read_deadline(past());
        for (auto& w : waiting) CHECK(w.join());
        // It breaks nothing.
        both.client.clear_deadline();
        send(both.server, "later");
        CHECK(receive(both.client) == "later");
    });
}

TEST_CASE("a write that a deadline stopped goes on behind what was taken", "[tls][deadline]") {
    with_peers([] {
        secured both = over_memory(client_config(), server_config(), {.room = 4000});
        REQUIRE(shake(both).good());
        std::string const text = pattern(100'000);
        both.client.set_write_deadline(past());
        std::error_code ec;
        std::size_t const taken = both.client.write_all(weft::as_bytes(text), ec);
        CHECK(ec == std::errc::timed_out);
        CHECK(taken > 0);
        CHECK(taken < text.size());
        both.client.clear_deadline();
        auto reader = weft::spawn([&] { return receive_all(both.server); });
        send(both.client, std::string_view(text).substr(taken));
        both.client.shutdown_write();
        CHECK(reader.join() == text);
    });
}

TEST_CASE("close wakes whoever waits: readers, writers, handshakes and those in line", "[tls][close]") {
    with_peers([] {
        secured both = over_memory(client_config(), server_config(), {.room = 2000});
        REQUIRE(shake(both).good());
        auto [lonely_client, far] = alone();
        std::vector<weft::fiber<bool>> waiting;
        auto add = [&](auto call) {
            waiting.push_back(weft::spawn([call] {
                std::error_code ec;
                call(ec);
                return ec == std::errc::operation_canceled;
            }));
        };
        std::byte byte[2];
        std::string const much(100'000, 'x');
        for (int i = 0; i != 2; ++i) {
            add([&, i](std::error_code& ec) {
                both.client.read_some(std::span(byte).subspan(static_cast<std::size_t>(i), 1), ec);
            });
            add([&](std::error_code& ec) { both.client.write_all(weft::as_bytes(much), ec); });
            add([&client = lonely_client](std::error_code& ec) { client.handshake(ec); });
        }
        until_parked(waiting.size());
        both.client.close();
        lonely_client.close();
        for (auto& w : waiting) CHECK(w.join());
        CHECK_FALSE(both.client.is_open());
        std::error_code ec;
        both.client.read_some(byte, ec);
        CHECK(ec == std::errc::operation_canceled);
        both.client.close();  // once more does nothing
    });
}

TEST_CASE("closing against reads and writes, over and over", "[tls][close]") {
    with_peers([] {
        for (int round = 0; round != sized(100, 40, 12); ++round) {
            secured both = over_memory(client_config(), server_config(), {.room = 3000});
            REQUIRE(shake(both).good());
            auto use = [](tls::stream& side) {
                return weft::spawn([&side] {
                    std::error_code ec;
                    std::string buffer(5000, 'x');
                    auto writer = weft::spawn([&side] {
                        std::error_code failed;
                        while (!failed) side.write_all(weft::as_bytes(std::string(3000, 'y')), failed);
                    });
                    while (!ec && side.read_some(writable(buffer), ec) != 0) {}
                    side.close();
                    writer.join();
                });
            };
            auto client = use(both.client);
            auto server = use(both.server);
            for (int turns = round % 7; turns != 0; --turns) weft::this_fiber::yield();
            both.client.close();
            client.join();
            server.join();
        }
    });
}

TEST_CASE("a stream may be destroyed while another fiber closes it", "[tls][close]") {
    with_peers([] {
        for (int round = 0; round != sized(50, 20, 8); ++round) {
            secured both = over_memory(client_config(), server_config());
            REQUIRE(shake(both).good());
            weft::latch ready(3);
            auto close = [&] {
                return weft::spawn([&] {
                    ready.arrive_and_wait();
                    both.client.close();
                });
            };
            auto one = close();
            auto other = close();
            ready.arrive_and_wait();
            both.client.close();  // returns when it is closed, whoever did it
            CHECK_FALSE(both.client.is_open());
            one.join();
            other.join();
        }
    });
}
