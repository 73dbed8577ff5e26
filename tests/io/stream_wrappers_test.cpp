// Readers and writers made of others.

#include <string>
#include <utility>
#include <weft/buffered_reader.hpp>
#include <weft/copy.hpp>
#include <weft/discard.hpp>
#include <weft/limit_reader.hpp>
#include <weft/memory_pipe.hpp>
#include <weft/multi_reader.hpp>
#include <weft/multi_writer.hpp>
#include <weft/read_all.hpp>
#include <weft/span_reader.hpp>
#include <weft/string_writer.hpp>
#include <weft/tee_reader.hpp>

#include "scripted.hpp"
#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace weft_test;

namespace {

using weft::span_reader;

static_assert(weft::reader<weft::limit_reader<span_reader>> &&
              weft::reader<weft::multi_reader<span_reader, span_reader&>>);
static_assert(weft::reader<weft::tee_reader<span_reader, weft::discard>> && weft::writer<weft::discard>);
static_assert(weft::writer<weft::multi_writer<weft::discard, weft::string_writer&>> &&
              weft::writer<weft::string_writer>);

}  // namespace

TEST_CASE("copying moves everything, and says how much", "[stream][copy]") {
    std::string const text = pattern(100'000);
    weft::string_writer sink;
    CHECK(weft::copy(span_reader(text), sink) == text.size());
    CHECK(sink.text() == text);
    CHECK(weft::copy(span_reader(""), sink) == 0);
    CHECK(weft::copy(scripted_reader(text, 777), weft::discard()) == text.size());
}

TEST_CASE("copying reports the failure of either side, and what was written before it", "[stream][copy]") {
    std::error_code ec;
    scripted_writer sink;
    CHECK(weft::copy(scripted_reader{"abc", "de", scripted_reader::fail, "f"}, sink, ec) == 5);
    CHECK(ec == std::errc::connection_reset);
    CHECK(sink.text == "abcde");
    sink.room = 4;
    CHECK(weft::copy(scripted_reader{"abc", "de", "f"}, sink, ec) == 4);
    CHECK(ec == std::errc::no_space_on_device);
    CHECK_THROWS_AS(weft::copy(scripted_reader{"x"}, sink), std::system_error);
    CHECK(weft::copy(scripted_reader{}, sink, ec) == 0);
    CHECK_FALSE(ec);
}

TEST_CASE("a cancelled copy throws `cancelled`", "[stream][copy][cancel]") {
    in_fibers([] {
        auto [reader, writer] = weft::memory_pipe();
        auto copying = weft::spawn([&reader = reader] {
            try {
                weft::copy(reader, weft::discard());
            } catch (weft::cancelled const&) {
                return true;
            }
            return false;
        });
        until_parked(1);
        copying.cancel();
        CHECK(copying.join());
    });
}

TEST_CASE("reading everything has a limit", "[stream]") {
    for (std::size_t const size : std::initializer_list<std::size_t>{0, 1, 4095, 4096, 4097, 100'000}) {
        INFO(size);
        std::string const text = pattern(size);
        CHECK(weft::read_all(span_reader(text)) == text);
        CHECK(weft::read_all(scripted_reader(text, 100), size) == text);
        if (size == 0) continue;
        CHECK_THROWS_AS(weft::read_all(scripted_reader(text, 100), size - 1), std::system_error);
        std::error_code ec;
        CHECK(weft::read_all(span_reader(text), size - 1, ec) == text.substr(0, size - 1));
        CHECK(ec == std::errc::message_size);
    }
    std::error_code ec;
    CHECK(weft::read_all(scripted_reader{"half", scripted_reader::fail, "more"}, 100, ec) == "half");
    CHECK(ec == std::errc::connection_reset);
}

TEST_CASE("a limit ends the stream and leaves the rest", "[stream]") {
    span_reader text("0123456789");
    weft::limit_reader four(text, 4);
    CHECK(weft::read_all(four) == "0123");
    CHECK(four.remaining() == 0);
    CHECK(weft::as_text(four.inner().rest()) == "456789");
    CHECK(weft::read_all(weft::limit_reader(text, 100)) == "456789");

    weft::buffered_reader in(span_reader("headbodynext"));
    in.take(4);
    CHECK(weft::read_all(weft::limit_reader(in, 4)) == "body");
    CHECK(in.read_line() == "next");

    std::error_code ec;
    std::byte buffer[2];
    weft::limit_reader failing(scripted_reader{"a", scripted_reader::fail, "bc"}, 2);
    CHECK(failing.read_some(buffer, ec) == 1);
    CHECK(failing.read_some(buffer, ec) == 0);
    CHECK(ec == std::errc::connection_reset);
    CHECK(failing.remaining() == 1);
    CHECK(failing.read_some(buffer, ec) == 1);
}

TEST_CASE("a tee writes down what is read", "[stream]") {
    weft::string_writer notes;
    CHECK(weft::read_all(weft::tee_reader(scripted_reader{"ab", "cd"}, notes)) == "abcd");
    CHECK(notes.take() == "abcd");
    CHECK(notes.text().empty());

    scripted_writer full(3);
    weft::tee_reader both(scripted_reader{"ab", "cd", scripted_reader::fail}, full);
    std::byte buffer[8];
    std::error_code ec;
    CHECK(both.read_some(buffer, ec) == 2);
    CHECK_FALSE(ec);
    CHECK(both.read_some(buffer, ec) == 2);  // read, though it could not be written down
    CHECK(ec == std::errc::no_space_on_device);
    CHECK(both.read_some(buffer, ec) == 0);
    CHECK(ec == std::errc::connection_reset);
    CHECK(both.read_some(buffer) == 0);
    CHECK(full.text == "abc");
}

TEST_CASE("several readers are one stream", "[stream]") {
    span_reader second("second");
    weft::multi_reader all(scripted_reader{"fi", "rst "}, second, span_reader(""), span_reader(" third"));
    CHECK(weft::read_all(all) == "first second third");
    CHECK(weft::read_all(all).empty());

    weft::multi_reader failing(scripted_reader{"a", scripted_reader::fail, "b"}, span_reader("c"));
    std::error_code ec;
    CHECK(weft::read_all(failing, 10, ec) == "a");
    CHECK(ec == std::errc::connection_reset);
    CHECK(failing.read_some({}) == 0);
    CHECK(weft::read_all(failing) == "bc");
}

TEST_CASE("several writers get the same", "[stream]") {
    weft::string_writer one;
    scripted_writer two(5);
    weft::string_writer three;
    weft::multi_writer all(one, two, three, weft::discard());
    CHECK(all.write_all(weft::as_bytes("abc")) == 3);
    CHECK(all.write_some(weft::as_bytes("d")) == 1);
    std::error_code ec;
    CHECK(all.write_all(weft::as_bytes("efg"), ec) == 1);
    CHECK(ec == std::errc::no_space_on_device);
    CHECK(one.text() == "abcdefg");
    CHECK(two.text == "abcde");
    CHECK(three.text() == "abcd");
    CHECK_THROWS_AS(all.write_some(weft::as_bytes("h")), std::system_error);
}
