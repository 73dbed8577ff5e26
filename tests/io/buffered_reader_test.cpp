// Lines, delimiters and counted bytes out of a stream that arrives in any pieces.

#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/buffered_reader.hpp>
#include <weft/lines.hpp>
#include <weft/memory_pipe.hpp>
#include <weft/net.hpp>
#include <weft/span_reader.hpp>

#include "scripted.hpp"
#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;

static_assert(weft::reader<weft::buffered_reader<weft::net::tcp_stream&>>);
static_assert(!weft::reader<int> && !weft::writer<weft::span_reader> && weft::reader<weft::span_reader&>);
static_assert(weft::stream<weft::net::tcp_stream> && weft::deadlined<weft::net::tcp_stream>);

namespace {

using lines = std::vector<std::string>;
using sizes = std::initializer_list<std::size_t>;

template <class Buffered>
lines all_lines(Buffered& in, std::size_t limit = weft::no_limit) {
    lines found;
    for (std::string_view const line : weft::lines(in, limit)) found.emplace_back(line);
    return found;
}

// Several sizes of pieces, and of the buffer.
template <class Body>
void in_any_pieces(std::string_view text, Body const& body) {
    for (std::size_t const piece : sizes{1, 2, 3, 7, 1000})
        for (std::size_t const buffer : sizes{1, 2, 5, 4096}) {
            INFO("pieces of " << piece << ", a buffer of " << buffer);
            body(weft::buffered_reader(scripted_reader(text, piece), buffer));
        }
}

std::error_code line_error(auto& in, std::size_t limit) {
    std::error_code ec;
    CHECK_FALSE(in.read_line(limit, ec));
    return ec;
}

}  // namespace

TEST_CASE("lines end with a newline, with CRLF, or with the stream", "[stream]") {
    in_any_pieces("one\ntwo\r\n\n\r\na\rb\r\r\nlast", [](auto in) {
        CHECK(all_lines(in) == lines{"one", "two", "", "", "a\rb\r", "last"});
        CHECK_FALSE(in.read_line());
    });
    in_any_pieces("only\n", [](auto in) { CHECK(all_lines(in) == lines{"only"}); });
    in_any_pieces("", [](auto in) { CHECK(all_lines(in).empty()); });
    in_any_pieces(std::string_view("\0\n\0\n", 4), [](auto in) { CHECK(all_lines(in).size() == 2); });
}

TEST_CASE("a line longer than the limit is an error that loses nothing", "[stream]") {
    in_any_pieces("1234\r\n12345\nrest", [](auto in) {
        CHECK(in.read_line(4) == "1234");
        CHECK(line_error(in, 4) == std::errc::message_size);
        CHECK(line_error(in, 0) == std::errc::message_size);
        CHECK_THROWS_AS(in.read_line(3), std::system_error);
        CHECK(in.read_line(5) == "12345");
        CHECK(line_error(in, 3) == std::errc::message_size);  // it ends with the stream
        CHECK(in.read_line(4) == "rest");
        std::error_code ec = std::make_error_code(std::errc::io_error);
        CHECK_FALSE(in.read_line(ec));
        CHECK_FALSE(ec);
    });
}

TEST_CASE("an endless line does not fill the memory", "[stream]") {
    scripted_reader endless(std::string(1 << 20, 'x'), 512);
    weft::buffered_reader in(endless, 64);
    CHECK(line_error(in, 1000) == std::errc::message_size);
    CHECK(in.buffered().size() <= 1000 + 1024);
    CHECK(endless.reads <= 40);
}

TEST_CASE("reading until a delimiter includes it, also one that arrives in pieces", "[stream]") {
    in_any_pieces("a: b\r\nc\r\r\n\r\nbody", [](auto in) {
        CHECK(in.read_until("\r\n\r\n") == "a: b\r\nc\r\r\n\r\n");
        std::error_code ec;
        CHECK_FALSE(in.read_until("\r\n", 3, ec));
        CHECK(ec == std::errc::message_size);
        CHECK(in.read_until("o") == "bo");
        CHECK(in.read_until("\r\n") == "dy");
        CHECK_FALSE(in.read_until("\r\n"));
        CHECK_THROWS_AS(in.read_until(""), std::invalid_argument);
    });
    in_any_pieces("aaab--", [](auto in) {
        CHECK(in.read_until("aab", 1) == "aaab");  // overlaps with its own beginning
        CHECK(in.read_until("--", 0) == "--");
    });
}

TEST_CASE("peeking takes nothing, taking takes what was asked for", "[stream]") {
    in_any_pieces("0123456789", [](auto in) {
        CHECK(weft::as_text(in.peek(4)) == "0123");
        CHECK(weft::as_text(in.peek(2)) == "01");
        CHECK(weft::as_text(in.take(3)) == "012");
        CHECK(weft::as_text(in.take(0)).empty());
        CHECK(weft::as_text(in.peek(100)) == "3456789");
        std::string some(3, '\0');
        CHECK(in.read_exact(writable(some)) == 3);
        CHECK(some == "345");
        CHECK(weft::as_text(in.take(100)) == "6789");
        CHECK(in.take(1).empty());
        CHECK(in.read_some(writable(some)) == 0);
    });
}

TEST_CASE("a read that fails loses nothing, and can be made again", "[stream][C52]") {
    std::string const fail = scripted_reader::fail;
    weft::buffered_reader in(scripted_reader{fail, "li", fail, "ne\nco", fail, "unted", "ex", fail, "act", fail});
    std::error_code ec;
    CHECK_FALSE(in.read_line(ec));
    CHECK(ec == std::errc::connection_reset);
    CHECK_THROWS_AS(in.read_line(), std::system_error);
    CHECK(in.read_line() == "line");
    CHECK(in.take(7, ec).empty());
    CHECK(ec == std::errc::connection_reset);
    CHECK(weft::as_text(in.take(7, ec)) == "counted");
    CHECK_FALSE(ec);

    std::string exact(5, '\0');
    CHECK(in.read_exact(writable(exact), ec) == 2);
    CHECK(ec == std::errc::connection_reset);
    CHECK(in.read_exact(std::span(writable(exact)).subspan(2), ec) == 3);
    CHECK(exact == "exact");
    CHECK_THROWS_AS(in.read_some(writable(exact)), std::system_error);
    CHECK(in.read_some(writable(exact)) == 0);
}

TEST_CASE("a large read goes past the buffer, and a small one fills it", "[stream]") {
    scripted_reader source(std::string(10'000, 'x'), 10'000);
    weft::buffered_reader in(source, 100);
    std::string some(10, '\0');
    CHECK(in.read_some(writable(some)) == 10);
    CHECK(source.largest == 100);
    CHECK(in.buffered().size() == 90);
    std::string much(5000, '\0');
    CHECK(in.read_some(writable(much)) == 90);  // what is there, without another read
    CHECK(source.reads == 1);
    CHECK(in.read_exact(writable(much)) == 5000);
    CHECK(source.largest == 5000);
    CHECK(in.buffered().empty());
    CHECK(in.read_some({}) == 0);
    CHECK(source.reads == 2);
}

TEST_CASE("a buffered reader refers to a stream or owns it", "[stream]") {
    weft::span_reader text("a\nb\n");
    {
        weft::buffered_reader in(text);
        static_assert(std::is_same_v<decltype(in), weft::buffered_reader<weft::span_reader&>>);
        CHECK(in.read_line() == "a");
        CHECK(&in.inner() == &text);
        CHECK(text.rest().empty());  // read ahead
    }
    weft::buffered_reader owner(weft::span_reader("c\nd\n"), 2);
    static_assert(std::is_same_v<decltype(owner), weft::buffered_reader<weft::span_reader>>);
    CHECK(owner.read_line() == "c");
    auto moved = std::move(owner);
    CHECK(moved.read_line() == "d");
    CHECK_THROWS_AS(weft::buffered_reader(text, 0), std::invalid_argument);
}

TEST_CASE("lines of a reader without a buffer", "[stream]") {
    lines found;
    for (std::string_view const line : weft::lines(weft::span_reader("x\r\ny"))) found.emplace_back(line);
    scripted_reader named{"z\n", "z"};
    for (std::string_view const line : weft::lines(named)) found.emplace_back(line);
    CHECK(found == lines{"x", "y", "z", "z"});

    weft::buffered_reader in(weft::span_reader("1\n2\n3\n"));
    for (std::string_view const line : weft::lines(in))
        if (line == "2") break;
    CHECK(in.read_line() == "3");
}

TEST_CASE("lines arrive from a fiber that writes them piece by piece, and a deadline between them loses nothing",
          "[stream][C49]") {
    in_fibers([] {
        auto [near, far] = connect();
        weft::buffered_reader in(far);
        send(near, "beg");
        far.set_read_deadline(weft::clock::now() + 2ms);
        CHECK(line_error(in, weft::no_limit) == std::errc::timed_out);
        far.clear_deadline();
        auto writer = weft::spawn([&near = near] {
            for (std::string_view const part : {"un\nnext", " line\r", "\n"}) send(near, part);
            near.close();
        });
        CHECK(in.read_line() == "begun");
        CHECK(in.read_line() == "next line");
        CHECK_FALSE(in.read_line());
        writer.join();
    });
}

TEST_CASE("a cancelled fiber leaves a buffered reader by `cancelled`", "[stream][cancel]") {
    in_fibers([] {
        auto [reader, writer] = weft::memory_pipe();
        weft::buffered_reader in(reader);
        bool cancelled = false;
        auto reading = weft::spawn([&] {
            try {
                in.read_line();
            } catch (weft::cancelled const&) {
                cancelled = true;
                throw;
            }
        });
        until_parked(1);
        reading.cancel();
        try {
            reading.join();
        } catch (weft::cancelled const&) {}
        CHECK(cancelled);
        writer.write_all(weft::as_bytes("still here\n"));
        CHECK(in.read_line() == "still here");
    });
}
