// Pipes and connections in memory: streams like any other.

#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <weft/copy.hpp>
#include <weft/memory_pipe.hpp>
#include <weft/sync.hpp>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;

static_assert(weft::reader<weft::memory_reader> && weft::closer<weft::memory_reader>);
static_assert(weft::writer<weft::memory_writer> && weft::closer<weft::memory_writer>);
static_assert(weft::stream<weft::memory_stream> && weft::deadlined<weft::memory_stream> &&
              weft::half_closer<weft::memory_stream>);
static_assert(!std::is_copy_constructible_v<weft::memory_reader> &&
              std::is_nothrow_move_assignable_v<weft::memory_stream>);

namespace {

std::string receive(auto& from, std::size_t most = 1024) {
    std::string text(most, '\0');
    text.resize(from.read_some(writable(text)));
    return text;
}
void send(auto& to, std::string_view text) { to.write_all(weft::as_bytes(text)); }

std::error_code read_error(auto& from) {
    std::byte byte[1];
    std::error_code ec;
    from.read_some(byte, ec);
    return ec;
}
std::error_code write_error(auto& to, std::string_view text = "x") {
    std::error_code ec;
    to.write_all(weft::as_bytes(text), ec);
    return ec;
}

}  // namespace

TEST_CASE("what goes into a pipe comes out of it, however small it is", "[stream][pipe]") {
    for (std::size_t const capacity : std::initializer_list<std::size_t>{1, 2, 3, 7, 4096}) {
        INFO("capacity " << capacity);
        in_fibers([capacity] {
            auto [reader, writer] = weft::memory_pipe(capacity);
            std::string const sent = pattern(sized<std::size_t>(20'000, 5'000, 2'000));
            auto writing = weft::spawn([&sent, writer = std::move(writer)]() mutable {
                std::size_t done = 0;
                for (std::size_t n = 1; done != sent.size(); n = n % 13 + 1) {
                    auto const rest = std::string_view(sent).substr(done, n);
                    done +=
                        n % 2 == 0 ? writer.write_all(weft::as_bytes(rest)) : writer.write_some(weft::as_bytes(rest));
                }
            });
            std::string received;
            std::size_t n = 1;
            for (std::string part; !(part = receive(reader, n)).empty(); n = n % 11 + 1) received += part;
            writing.join();
            CHECK(received == sent);
            CHECK(receive(reader).empty());
        });
    }
    CHECK_THROWS_AS(weft::memory_pipe(0), std::invalid_argument);
}

TEST_CASE("closing an end of a pipe ends what waits at both", "[stream][pipe]") {
    in_fibers([] {
        {
            auto [reader, writer] = weft::memory_pipe(1);
            auto reading = weft::spawn([&reader = reader] { return receive(reader); });
            until_parked(1);
            writer.close();
            CHECK(reading.join().empty());
            CHECK(write_error(writer) == std::errc::operation_canceled);
            CHECK_FALSE(writer.is_open());
            CHECK(reader.is_open());
        }
        {
            auto [reader, writer] = weft::memory_pipe(2);
            std::error_code ec;
            std::size_t written = 0;
            auto writing =
                weft::spawn([&, &writer = writer] { written = writer.write_all(weft::as_bytes("abc"), ec); });
            until_parked(1);
            reader.close();
            writing.join();
            CHECK(written == 2);
            CHECK(ec == std::errc::broken_pipe);
            CHECK(read_error(reader) == std::errc::operation_canceled);
            CHECK_THROWS_AS(writer.write_some(weft::as_bytes("x")), std::system_error);
        }
        for (bool const destroyed : {false, true}) {
            auto [reader, writer] = weft::memory_pipe(1);
            send(writer, "x");
            auto writing = weft::spawn([&writer = writer] { return write_error(writer); });
            auto in_line = weft::spawn([&writer = writer] { return write_error(writer); });
            until_parked(2);
            if (destroyed)
                writer = {};
            else
                writer.close();
            CHECK(writing.join() == std::errc::operation_canceled);
            CHECK(in_line.join() == std::errc::operation_canceled);
            CHECK(receive(reader) == "x");
            CHECK(receive(reader).empty());
        }
    });
}

TEST_CASE("a pipe's deadlines reach the operations in progress", "[stream][pipe][C49]") {
    in_fibers([] {
        auto [reader, writer] = weft::memory_pipe(1);
        auto const deadline = weft::clock::now() + 3ms;
        reader.set_deadline(deadline);
        CHECK(read_error(reader) == std::errc::timed_out);
        CHECK(weft::clock::now() >= deadline);
        send(writer, "x");
        CHECK(read_error(reader) == std::errc::timed_out);  // sticky, even if there is data

        std::vector<weft::fiber<std::error_code>> writing;
        for (int i = 0; i != 3; ++i) writing.push_back(weft::spawn([&writer = writer] { return write_error(writer); }));
        until_parked(3);
        writer.set_deadline(past());
        for (auto& w : writing) CHECK(w.join() == std::errc::timed_out);
        CHECK_THROWS_AS(writer.write_all(weft::as_bytes("y")), std::system_error);
        reader.clear_deadline();
        CHECK(receive(reader) == "x");
        writer.clear_deadline();
        send(writer, "y");
        CHECK(receive(reader) == "y");
    });
}

TEST_CASE("a cancelled fiber leaves a pipe", "[stream][pipe][cancel]") {
    in_fibers([] {
        auto [reader, writer] = weft::memory_pipe(1);
        auto throwing = weft::spawn([&reader = reader] {
            try {
                receive(reader);
            } catch (weft::cancelled const&) {
                return true;
            }
            return false;
        });
        auto reporting = weft::spawn([&reader = reader] { return read_error(reader); });
        until_parked(2);
        throwing.cancel();
        reporting.cancel();
        CHECK(throwing.join());
        CHECK(reporting.join() == std::errc::operation_canceled);

        auto bounded = weft::spawn(
            [&reader = reader] { return weft::with_timeout(1ms, [&reader] { return read_error(reader); }); });
        CHECK(bounded.join() == std::errc::timed_out);
        send(writer, "x");
        CHECK(receive(reader) == "x");
    });
}

TEST_CASE("reads and writes of a pipe are units", "[stream][pipe][C51]") {
    in_fibers([] {
        auto [reader, writer] = weft::memory_pipe(5);
        constexpr int writers = 6;
        std::size_t const size = sized<std::size_t>(3'000, 1'000, 300);
        weft::wait_group writing;
        for (int i = 0; i != writers; ++i)
            writing.go([&, i, &writer = writer] { send(writer, std::string(size, static_cast<char>('a' + i))); });
        std::vector<weft::fiber<bool>> reading;
        for (int i = 0; i != writers; ++i)
            reading.push_back(weft::spawn([&, &reader = reader] {
                std::string text(size, '\0');
                return reader.read_exact(writable(text)) == size &&
                       text.find_first_not_of(text.front()) == std::string::npos;
            }));
        for (auto& r : reading) CHECK(r.join());
        writing.wait();
    });
}

TEST_CASE("the ends of a connection in memory talk both ways, and each way ends by itself", "[stream][pipe]") {
    in_fibers([] {
        auto [near, far] = weft::memory_stream_pair(16);
        auto echo = weft::spawn([&far = far] {
            weft::copy(far, far);
            far.shutdown_write();
        });
        std::string const sent = pattern(1000);
        auto writing = weft::spawn([&near = near, &sent] {
            send(near, sent);
            near.shutdown_write();
        });
        std::string received;
        for (std::string part; !(part = receive(near)).empty();) received += part;
        CHECK(received == sent);
        writing.join();
        echo.join();
        CHECK(near.is_open());
        near.set_read_deadline(past());
        CHECK(read_error(near) == std::errc::timed_out);
        near.set_deadline(past());
        near.clear_deadline();
        CHECK(receive(near).empty());
        near.close();
        CHECK(read_error(near) == std::errc::operation_canceled);
        CHECK_FALSE(near.is_open());
        CHECK(receive(far).empty());
    });
}

TEST_CASE("an object that is no end of a pipe says so", "[stream][pipe]") {
    weft::memory_stream none;
    CHECK(read_error(none) == std::errc::bad_file_descriptor);
    CHECK(write_error(none) == std::errc::bad_file_descriptor);
    CHECK_THROWS_AS(none.clear_deadline(), std::system_error);
    CHECK_FALSE(none.is_open());
    none.close();
}

TEST_CASE("moving an end leaves its operations alone", "[stream][pipe]") {
    in_fibers([] {
        auto [reader, writer] = weft::memory_pipe();
        auto reading = weft::spawn([from = &reader] { return receive(*from); });
        until_parked(1);
        weft::memory_reader moved = std::move(reader);
        CHECK_FALSE(reader.is_open());
        send(writer, "hello");
        CHECK(reading.join() == "hello");
        send(writer, "again");
        CHECK(receive(moved) == "again");
    });
}

TEST_CASE("plain threads use a pipe, too", "[stream][pipe]") {
    in_fibers([] {
        auto [reader, writer] = weft::memory_pipe(3);
        std::string const sent = pattern(200);
        std::thread other([&, &writer = writer] {
            send(writer, sent);
            writer.close();
        });
        std::string received;
        for (std::string part; !(part = receive(reader)).empty();) received += part;
        other.join();
        CHECK(received == sent);
    });
}
