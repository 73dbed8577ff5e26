// Bytes that go through: many, both ways at once, in small pieces, and to the end.

#include <algorithm>
#include <string>
#include <vector>
#include <weft/stream.hpp>
#include <weft/weft.hpp>

#include "secured.hpp"
#include "support/fixture.hpp"
#include "support/seed.hpp"

using namespace weft_test;
namespace tls = weft::tls;

namespace {

static_assert(weft::stream<tls::stream> && weft::closer<tls::stream> && weft::half_closer<tls::stream> &&
              weft::deadlined<tls::stream>);

constexpr tls::version both_versions[] = {tls::version::tls12, tls::version::tls13};

tls::client_config client_of(tls::version v) {
    tls::client_options options = trusting();
    options.min_version = options.max_version = v;
    return tls::client_config(options);
}

// Each side writes `text` and reads the other's, in four fibers at once. True: both got it, and the end.
bool exchange(secured& both, std::string const& text) {
    auto say = [&](tls::stream& to) {
        return weft::spawn([&] {
            send(to, text);
            to.shutdown_write();
        });
    };
    auto client_says = say(both.client);
    auto server_says = say(both.server);
    auto client_hears = weft::spawn([&] { return receive_all(both.client); });
    bool const server_heard = receive_all(both.server) == text;
    bool const client_heard = client_hears.join() == text;
    client_says.join();
    server_says.join();
    return server_heard && client_heard;
}

}  // namespace

TEST_CASE("much goes both ways at once", "[tls][transfer]") {
    std::string const text = pattern(sized<std::size_t>(8'000'000, 2'000'000, 500'000));
    in_fibers([&] {
        for (tls::version const v : both_versions) {
            secured tcp = over_tcp(client_of(v), tls::server_config(serving()));
            CHECK(exchange(tcp, text));
            secured memory = over_memory(client_of(v), tls::server_config(serving()));
            CHECK(exchange(memory, text));
        }
    });
}

TEST_CASE("a transport may give and take one byte at a time, and have room for few", "[tls][transfer]") {
    std::string const text = pattern(sized<std::size_t>(20'000, 8'000, 3'000));
    in_fibers([&] {
        for (tls::version const v : both_versions) {
            secured single = over_memory(client_of(v), tls::server_config(serving()), {.chunk = 1});
            CHECK(exchange(single, text));
            secured narrow = over_memory(client_of(v), tls::server_config(serving()), {.chunk = 3, .room = 7});
            CHECK(exchange(narrow, text));
        }
    });
}

TEST_CASE("read_exact fills, and stops at the end", "[tls][transfer]") {
    in_fibers([] {
        secured both = over_memory(client_of(tls::version::tls13), tls::server_config(serving()));
        std::string const text = pattern(50'000);
        auto writer = weft::spawn([&] {
            for (std::size_t at = 0; at < text.size(); at += 999)
                send(both.client, std::string_view(text).substr(at, 999));
            both.client.shutdown_write();
        });
        std::string first(30'000, '\0'), rest(30'000, '\0');
        CHECK(both.server.read_exact(writable(first)) == first.size());
        rest.resize(both.server.read_exact(writable(rest)));
        CHECK(first + rest == text);
        CHECK(both.server.read_exact(writable(first)) == 0);
        writer.join();
    });
}

TEST_CASE("write_some takes something and says how much", "[tls][transfer]") {
    in_fibers([] {
        secured both = over_memory(client_of(tls::version::tls13), tls::server_config(serving()));
        std::string const text = pattern(200'000);
        auto writer = weft::spawn([&] {
            int calls = 0;
            for (std::size_t at = 0; at != text.size(); ++calls)
                at += both.client.write_some(weft::as_bytes(std::string_view(text).substr(at)));
            both.client.shutdown_write();
            return calls;
        });
        CHECK(receive_all(both.server) == text);
        CHECK(writer.join() > 1);
    });
}

TEST_CASE("readers stand in line, and so do writers", "[tls][transfer]") {
    in_fibers([] {
        secured both = over_memory(client_of(tls::version::tls13), tls::server_config(serving()), {.room = 1000});
        constexpr int each = 4;
        constexpr std::size_t size = 5'000;
        std::vector<weft::fiber<std::string>> readers;
        std::vector<weft::fiber<void>> writers;
        for (int i = 0; i != each; ++i) {
            writers.push_back(
                weft::spawn([&, i] { send(both.client, std::string(size, static_cast<char>('a' + i))); }));
            readers.push_back(weft::spawn([&] {
                std::string text(size, '\0');
                text.resize(both.server.read_exact(writable(text)));
                return text;
            }));
        }
        // Each is a unit: no other comes between.
        std::string kinds;
        for (auto& r : readers) {
            std::string const text = r.join();
            CHECK(text == std::string(size, text.front()));
            kinds += text.front();
        }
        std::sort(kinds.begin(), kinds.end());
        CHECK(kinds == "abcd");
        for (auto& w : writers) w.join();
    });
}

TEST_CASE("one side can be done while the other goes on", "[tls][end]") {
    in_fibers([] {
        for (tls::version const v : both_versions) {
            secured both = over_tcp(client_of(v), tls::server_config(serving()));
            auto server = weft::spawn([&] {
                std::string const question = receive_all(both.server);
                send(both.server, "answer to " + question);
                both.server.close();
            });
            send(both.client, "question");
            both.client.shutdown_write();
            both.client.shutdown_write();  // once more does nothing
            std::error_code ec;
            CHECK(both.client.write_all(weft::as_bytes("more"), ec) == 0);
            CHECK(ec == std::errc::broken_pipe);
            CHECK(receive_all(both.client) == "answer to question");
            server.join();
        }
    });
}

TEST_CASE("an end without a goodbye is an error, not the end of the stream", "[tls][end]") {
    in_fibers([] {
        for (tls::version const v : both_versions) {
            secured both = over_tcp(client_of(v), tls::server_config(serving()));
            auto server = weft::spawn([&] {
                send(both.server, "the first half");
                receive(both.server);
                both.server.transport<weft::net::tcp_stream>()->shutdown_write();  // as one who cuts the line would
            });
            CHECK(receive(both.client) == "the first half");
            send(both.client, "go on");
            std::byte byte[1];
            std::error_code ec;
            CHECK(both.client.read_some(byte, ec) == 0);
            CHECK(ec == tls::errc::unexpected_eof);
            CHECK_THROWS_AS(both.client.read_some(byte), std::system_error);
            server.join();
        }
    });
}

TEST_CASE("close says goodbye", "[tls][end]") {
    in_fibers([] {
        secured both = over_memory(client_of(tls::version::tls13), tls::server_config(serving()));
        auto server = weft::spawn([&] { return receive_all(both.server); });
        send(both.client, "that was all");
        both.client = tls::stream();
        CHECK(server.join() == "that was all");
    });
}

TEST_CASE("nothing can be done with a stream that holds nothing", "[tls][end]") {
    tls::stream none;
    std::byte byte[1];
    std::error_code ec;
    CHECK_FALSE(none.is_open());
    CHECK(none.read_some(byte, ec) == 0);
    CHECK(ec == std::errc::bad_file_descriptor);
    CHECK(none.write_all(byte, ec) == 0);
    CHECK(ec == std::errc::bad_file_descriptor);
    none.handshake(ec);
    CHECK(ec == std::errc::bad_file_descriptor);
    CHECK_THROWS_AS(none.shutdown_write(), std::system_error);
    CHECK_THROWS_AS(none.set_deadline(weft::clock::now()), std::system_error);
    CHECK(none.alpn().empty());
    CHECK_FALSE(none.peer().has_value());
    CHECK(none.transport<weft::net::tcp_stream>() == nullptr);
    none.close();
}

TEST_CASE("a listener accepts at once, and the handshake is the connection's own", "[tls][listen]") {
    in_fibers([] {
        auto listener = tls::listen("127.0.0.1:0", tls::server_config(serving()));
        std::string const address = listener.local().to_string();
        auto silent = weft::net::dial(address);  // will never say a word
        auto server = weft::spawn([&] {
            tls::stream first = listener.accept();
            tls::stream second = listener.accept();  // reached, whatever the first one does
            std::string const heard = receive(second);
            send(second, heard);
            std::error_code ended;
            return listener.accept(ended).is_open() || ended != std::errc::operation_canceled;
        });
        tls::stream client = tls::client(weft::net::dial(address), "weft.test", tls::client_config(trusting()));
        send(client, "hello");
        CHECK(receive(client) == "hello");
        listener.close();
        CHECK_FALSE(server.join());
    });
}

TEST_CASE("dial checks the certificate against the address that was dialled", "[tls][dial]") {
    in_fibers([] {
        tls::server_options options;
        options.identities = {root().issue({.names = {"IP:127.0.0.1"}}).load()};
        auto listener = tls::listen("127.0.0.1:0", tls::server_config(options));
        auto elsewhere = tls::listen("127.0.0.1:0", tls::server_config(serving()));
        auto serve = [](tls::listener& l) {
            return weft::spawn([&l] {
                for (std::error_code ec;;) {
                    tls::stream next = l.accept(ec);
                    if (ec) return;
                    next.handshake(ec);
                }
            });
        };
        auto good = serve(listener);
        auto wrong = serve(elsewhere);
        tls::client_config const client(trusting());
        CHECK(tls::dial(listener.local().to_string(), client).is_open());
        CHECK(tls::dial(listener.local().to_string(), client, std::chrono::seconds(10)).is_open());
        std::error_code ec;
        CHECK(tls::dial(listener.local().to_string(), client, ec).is_open());
        CHECK_FALSE(ec);
        CHECK_FALSE(tls::dial(elsewhere.local().to_string(), client, ec).is_open());
        CHECK(ec == tls::errc::wrong_host);
        listener.close();
        elsewhere.close();
        good.join();
        wrong.join();
    });
}
