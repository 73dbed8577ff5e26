// What is written for Boost.Asio's blocking streams runs on fibers.

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <future>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/asio.hpp>
#include <weft/buffered_writer.hpp>
#include <weft/discard.hpp>
#include <weft/memory_pipe.hpp>
#include <weft/net.hpp>
#include <weft/span_reader.hpp>
#include <weft/string_writer.hpp>
#include <weft/weft.hpp>

#include "beast_peers.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
namespace asio = boost::asio;
namespace beast = boost::beast;

static_assert(beast::is_sync_stream<weft::asio_stream<weft::net::tcp_stream>>::value);
static_assert(beast::is_sync_stream<weft::asio_stream<weft::memory_stream&>>::value);
static_assert(beast::is_sync_read_stream<weft::asio_stream<weft::span_reader>>::value);
static_assert(!beast::is_sync_write_stream<weft::asio_stream<weft::span_reader>>::value);
static_assert(beast::is_sync_write_stream<weft::asio_stream<weft::discard&>>::value);

using error = boost::system::error_code;

TEST_CASE("Beast's blocking calls, client and server, run on fibers over TCP", "[asio]") {
    in_fibers([] {
        auto listener = weft::net::listen("127.0.0.1:0");
        constexpr int clients = 5;
        weft::task_group group;
        group.go([&] {
            for (int i = 0; i != clients; ++i)
                group.go([connection = listener.accept()]() mutable { serve_requests(connection); });
        });
        std::vector<weft::fiber<int>> asking;
        for (int i = 0; i != clients; ++i)
            asking.push_back(weft::spawn([&] {
                auto connection = weft::net::dial(listener.local());
                return ask_often(connection, 8);
            }));
        for (auto& a : asking) CHECK(a.join() == 8);
        group.wait();
    });
}

TEST_CASE("Beast's blocking calls run over a connection in memory, a byte at a time", "[asio]") {
    in_fibers([] {
        auto [client, server] = weft::memory_stream_pair(1);
        auto serving = weft::spawn([&server = server] { serve_requests(server); });
        CHECK(ask_often(client, 2) == 2);
        serving.join();
    });
}

TEST_CASE("read_until, read and write of Asio work on a weft stream", "[asio]") {
    in_fibers([] {
        auto [near, far] = weft::memory_stream_pair(5);
        auto writing = weft::spawn([&near = near] {
            weft::asio_stream out(near);
            std::string const head = "first line\r\n", empty, body = "body";
            std::array<asio::const_buffer, 4> const parts{asio::buffer(empty), asio::buffer(head), asio::buffer(empty),
                                                          asio::buffer(body)};
            std::size_t const written = asio::write(out, parts);
            near.shutdown_write();
            return written;
        });
        weft::asio_stream in(far);
        std::string text;
        std::size_t const line = asio::read_until(in, asio::dynamic_buffer(text), "\r\n");
        CHECK(text.substr(0, line) == "first line\r\n");
        text.erase(0, line);
        error ec;
        asio::read(in, asio::dynamic_buffer(text), ec);
        CHECK(ec == asio::error::eof);
        CHECK(text == "body");
        CHECK(writing.join() == 16);

        std::array<char, 4> none{};
        CHECK(in.read_some(asio::buffer(none), ec) == 0);
        CHECK(ec == asio::error::eof);
        CHECK_THROWS_AS(in.read_some(asio::buffer(none)), boost::system::system_error);
        CHECK(in.read_some(asio::mutable_buffer(), ec) == 0);
        CHECK_FALSE(ec);
    });
}

TEST_CASE("small buffers are written together, large ones by themselves", "[asio]") {
    weft::string_writer sink;
    weft::asio_stream out(sink);
    std::string const small(1000, 's'), large(10'000, 'l');
    auto write_some = [&](auto... parts) {
        std::array<asio::const_buffer, sizeof...(parts)> const sequence{asio::buffer(parts)...};
        error ec = asio::error::eof;
        std::size_t const written = out.write_some(sequence, ec);
        CHECK_FALSE(ec);
        CHECK(sink.take().size() == written);
        return written;
    };
    std::string_view const s = small, l = large, nothing;
    CHECK(write_some(s) == 1000);
    CHECK(write_some(s, nothing, s, s) == 3000);
    CHECK(write_some(s, s, s, s, s) == 4096);
    CHECK(write_some(s, l) == 4096);
    CHECK(write_some(nothing, l, s) == 10'000);
    CHECK(write_some(nothing) == 0);
    CHECK(out.write_some(asio::buffer(small)) == 1000);
}

TEST_CASE("errors arrive under the names that Asio gives them", "[asio]") {
    in_fibers([] {
        auto [near, far] = weft::memory_stream_pair(1);
        weft::asio_stream stream(near);
        char byte = 'x';
        error ec;
        near.set_deadline(weft::clock::now());
        stream.read_some(asio::buffer(&byte, 1), ec);
        CHECK(ec == asio::error::timed_out);
        CHECK_THROWS_AS(stream.read_some(asio::buffer(&byte, 1)), boost::system::system_error);
        near.clear_deadline();
        far.close();
        stream.write_some(asio::buffer(&byte, 1), ec);
        CHECK(ec == asio::error::broken_pipe);
        CHECK_THROWS_AS(stream.write_some(asio::buffer(&byte, 1)), boost::system::system_error);
        near.close();
        stream.read_some(asio::buffer(&byte, 1), ec);
        CHECK(ec == asio::error::operation_aborted);

        auto const odd = std::make_error_code(std::future_errc::no_state);
        CHECK(std::error_code(weft::to_boost(odd)) == odd);
        CHECK_FALSE(weft::to_boost({}));
        CHECK(weft::to_boost(std::make_error_code(std::errc::connection_reset)) == asio::error::connection_reset);
    });
}

TEST_CASE("a cancelled fiber leaves Asio's calls", "[asio][cancel]") {
    in_fibers([] {
        auto [near, far] = weft::memory_stream_pair(1);
        auto composed = weft::spawn([&near = near] {
            weft::asio_stream stream(near);
            std::string text;
            error ec;
            asio::read_until(stream, asio::dynamic_buffer(text), '\n', ec);
            return ec == asio::error::operation_aborted;
        });
        auto direct = weft::spawn([&far = far] {
            weft::asio_stream stream(far);
            try {
                char byte;
                stream.read_some(asio::buffer(&byte, 1));
            } catch (weft::cancelled const&) {
                return true;
            }
            return false;
        });
        until_parked(2);
        composed.cancel();
        direct.cancel();
        CHECK(composed.join());
        CHECK(direct.join());
    });
}
