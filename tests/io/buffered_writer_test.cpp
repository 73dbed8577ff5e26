// What a buffered writer hands on, and when.

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <weft/buffered_writer.hpp>
#include <weft/memory_pipe.hpp>
#include <weft/string_writer.hpp>

#include "scripted.hpp"
#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace weft_test;

static_assert(weft::writer<weft::buffered_writer<weft::net::tcp_stream>>);

TEST_CASE("small writes become large ones", "[stream]") {
    scripted_writer sink;
    {
        weft::buffered_writer out(sink, 10);
        CHECK(out.write("1234") == 4);
        CHECK(out.write_line("5678") == 5);
        CHECK(sink.writes == 0);
        CHECK(weft::as_text(out.buffered()) == "12345678\n");
        CHECK(out.write("abc") == 3);  // one fits
        CHECK(sink.text == "12345678\na");
        CHECK(weft::as_text(out.buffered()) == "bc");
        out.flush();
        CHECK(sink.text == "12345678\nabc");
        out.flush();
        CHECK(sink.writes == 2);
        CHECK(out.write("0123456789") == 10);  // as much as a buffer: past it
        CHECK(sink.writes == 3);
        CHECK(out.buffered().empty());
        out.write("x");
        out.write(std::string(25, 'y'));
        CHECK(out.buffered().empty());
        CHECK(sink.writes == 5);
        CHECK(out.write_some(weft::as_bytes(std::string(25, 'z'))) == 25);
        CHECK(out.write_some({}) == 0);
        CHECK(&out.inner() == &sink);
    }
    CHECK(sink.text.size() == 12 + 10 + 26 + 25);
    CHECK_THROWS_AS(weft::buffered_writer(sink, 0), std::invalid_argument);
}

TEST_CASE("a buffered writer flushes at the end of its scope, unless that ends by an exception", "[stream]") {
    scripted_writer sink;
    { weft::buffered_writer(sink).write("kept"); }
    CHECK(sink.text == "kept");
    try {
        weft::buffered_writer out(sink);
        out.write("dropped");
        throw std::runtime_error("half an answer");
    } catch (std::runtime_error const&) {}
    CHECK(sink.text == "kept");

    struct says_goodbye {
        scripted_writer& to;
        ~says_goodbye() {
            weft::buffered_writer out(to);  // begins and ends while the exception is in flight
            out.write(" bye");
        }
    };
    try {
        says_goodbye const last{sink};
        throw std::runtime_error("end");
    } catch (std::runtime_error const&) {}
    CHECK(sink.text == "kept bye");

    sink.room = 2;
    { weft::buffered_writer(sink).write("ignored"); }  // the failure, not the bytes
    CHECK(sink.text == "kept byeig");
}

TEST_CASE("a moved writer flushes once", "[stream]") {
    scripted_writer sink;
    {
        weft::buffered_writer first(sink);
        first.write("a");
        weft::buffered_writer second(std::move(first));
        second.write("b");
    }
    CHECK(sink.text == "ab");
    weft::buffered_writer owner{weft::string_writer()};
    owner.write_line("x");
    owner.flush();
    CHECK(owner.inner().text() == "x\n");
}

TEST_CASE("a write that fails loses nothing, and sends nothing twice", "[stream][C52]") {
    for (std::size_t room = 0; room != 30; ++room) {
        INFO("room for " << room);
        std::string const text = pattern(30);
        scripted_writer sink(room);
        weft::buffered_writer out(sink, 8);
        std::size_t taken = 0;
        std::error_code ec;
        while (taken != text.size()) {
            auto const rest = std::string_view(text).substr(taken);
            taken += out.write(rest.substr(0, std::min<std::size_t>(rest.size(), 1 + taken % 11)), ec);
            if (ec) {
                CHECK(ec == std::errc::no_space_on_device);
                CHECK(sink.text + std::string(weft::as_text(out.buffered())) == text.substr(0, taken));
                sink.room = 5;
            }
        }
        sink.room = 100;
        out.flush(ec);
        CHECK_FALSE(ec);
        CHECK(sink.text == text);
    }
    scripted_writer full(0);
    weft::buffered_writer out(full, 4);
    out.write("ab");
    out.write("cd");
    CHECK_THROWS_AS(out.write("e"), std::system_error);
    CHECK_THROWS_AS(out.flush(), std::system_error);
    std::error_code ec;
    CHECK(out.write_some(weft::as_bytes("e"), ec) == 0);
    CHECK(ec == std::errc::no_space_on_device);
    CHECK(out.write_line("e", ec) == 0);
    full.room = 6;
    CHECK(out.write_line("e") == 2);
    out.flush();
    CHECK(full.text == "abcde\n");
}

TEST_CASE("a writer that is destroyed in a cancelled fiber does not wait", "[stream][cancel]") {
    in_fibers([] {
        auto [reader, writer] = weft::memory_pipe(4);
        auto writing = weft::spawn([&writer = writer] {
            weft::buffered_writer out(writer);
            out.write("more than fits");
            try {
                out.flush();
            } catch (weft::cancelled const&) {}  // swallowed, so that the scope ends without it
            return out.buffered().size();
        });
        until_parked(1);
        writing.cancel();
        CHECK(writing.join() == 10);
        std::string rest(4, '\0');
        CHECK(reader.read_exact(writable(rest)) == 4);
        CHECK(rest == "more");
    });
}

namespace {

// As TLS does: what it has taken is taken, also if it could not be sent in time, and goes out with the next write.
struct late_writer {
    std::string queued, sent;
    bool in_time = false;

    std::size_t write_some(std::span<std::byte const> from) { return write_all(from); }
    std::size_t write_some(std::span<std::byte const> from, std::error_code& ec) { return write_all(from, ec); }
    std::size_t write_all(std::span<std::byte const> from) {
        return weft::detail::or_throw("late_writer", [&](std::error_code& ec) { return write_all(from, ec); });
    }
    std::size_t write_all(std::span<std::byte const> from, std::error_code& ec) {
        ec.clear();
        queued += weft::as_text(from);
        if (in_time)
            sent += std::exchange(queued, {});
        else
            ec = std::make_error_code(std::errc::timed_out);
        return from.size();
    }
};

}  // namespace

TEST_CASE("a flush that is repeated sends what the inner stream has taken and not sent", "[stream]") {
    for (std::string const text : {"small", "larger than the buffer"}) {
        late_writer late;
        weft::buffered_writer out(late, 10);
        std::error_code ec;
        out.write(text, ec);
        if (!ec) out.flush(ec);
        CHECK(ec == std::errc::timed_out);
        out.flush(ec);
        CHECK(ec == std::errc::timed_out);
        late.in_time = true;
        out.flush(ec);
        CHECK_FALSE(ec);
        CHECK(late.sent == text);
    }
}
