// What the system refuses, and what a program gets wrong.

#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "descriptor.hpp"
#include "operation.hpp"
#include "sockets.hpp"
#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace net = weft::net;

namespace {

// Closing this end will send a reset instead of an end of stream.
void reset_on_close(net::tcp_stream& stream) {
    linger const now{1, 0};
    ::setsockopt(stream.native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

template <class Call>
std::error_code error_of(Call const& call) {
    try {
        call();
    } catch (std::system_error const& e) {
        return e.code();
    }
    return {};
}

constexpr weft::detail::wait_reason testing{"test", true};

}  // namespace

TEST_CASE("dialling where nobody listens is refused", "[net][C53]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        std::string const address = listener.local().to_string();
        listener.close();
        std::error_code ec;
        CHECK_FALSE(net::dial(address, ec).is_open());
        CHECK(ec == std::errc::connection_refused);
        CHECK(error_of([&] { net::dial(address); }) == std::errc::connection_refused);
        CHECK(error_of([&] { net::dial(address, 1s); }) == std::errc::connection_refused);
        CHECK(error_of([] { net::dial("unix:@nobody listens here"); }) == std::errc::connection_refused);
        try {
            net::dial(address);
        } catch (std::system_error const& e) {
            CHECK(std::string(e.what()).find(address) != std::string::npos);
        }
    });
}

TEST_CASE("an address in use is refused", "[net][C53]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        CHECK(error_of([&] { net::listen(listener.local()); }) == std::errc::address_in_use);
    });
}

TEST_CASE("a text that is no address is refused", "[net]") {
    in_fibers([] {
        std::error_code ec;
        CHECK_THROWS_AS(net::dial("localhost"), std::invalid_argument);
        CHECK_THROWS_AS(net::listen("here"), std::invalid_argument);
        CHECK_THROWS_AS(net::listen("127.0.0.1:0", {.backlog = -1}), std::invalid_argument);
        CHECK_FALSE(net::dial("two words:80", ec).is_open());
        CHECK(ec == std::errc::invalid_argument);
        CHECK(error_of([] { net::dial(net::endpoint()); }) == std::errc::address_family_not_supported);
        CHECK(error_of([] { net::listen(net::endpoint()); }) == std::errc::address_family_not_supported);
    });
}

TEST_CASE("a reset by the peer is an error, for a reader that waits and for one that comes", "[net][C53]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        for (bool const waits : {true, false}) {
            auto [near, far] = connect(listener);
            reset_on_close(far);
            auto read = [&near = near] {
                std::byte byte[1];
                std::error_code ec;
                near.read_some(byte, ec);
                return ec;
            };
            if (waits) {
                auto reader = weft::spawn(read);
                until_parked(1);
                far.close();
                CHECK(reader.join() == std::errc::connection_reset);
            } else {
                far.close();
                CHECK(read() == std::errc::connection_reset);
            }
        }
    });
}

TEST_CASE("writing to a peer that is gone is an error and no signal", "[net][C53]") {
    in_fibers([] {
        auto [near, far] = connect();
        reset_on_close(far);
        far.close();
        std::error_code ec;
        while (!ec) near.write_some(weft::as_bytes("x"), ec);
        CHECK((ec == std::errc::connection_reset || ec == std::errc::broken_pipe));
        near.write_all(weft::as_bytes("x"), ec);
        CHECK(ec == std::errc::broken_pipe);
    });
}

TEST_CASE("a write that fails midway says how much was sent", "[net][C52]") {
    in_fibers([] {
        auto [near, far] = connect();
        std::string const much(64 << 20, 'x');
        auto writer = weft::spawn([&near = near, &much] {
            try {
                near.write_all(weft::as_bytes(much));
            } catch (std::system_error const& e) {
                return std::string(e.what());
            }
            return std::string();
        });
        until_parked(1);
        near.close();
        std::string const message = writer.join();
        std::size_t received = 0;
        for (std::string part; !(part = receive(far, 1 << 20)).empty();) received += part.size();
        INFO(message);
        CHECK(message.find(std::to_string(received) + " of " + std::to_string(much.size()) + " bytes sent") !=
              std::string::npos);
    });
}

TEST_CASE("an interrupted call is repeated, and one that would block waits for the next event", "[net][C53]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto& socket = *weft::detail::socket_access::of(near);
        weft::detail::operation op(socket, weft::detail::direction::read, testing);
        int calls = 0;
        auto const result = op.attempt([&, &far = far](int) -> weft::detail::call_result {
            switch (++calls) {
            case 1: return {0, EINTR};
            case 2: send(far, "an event"); return {0, EAGAIN};
            default: return {42, 0};
            }
        });
        CHECK(calls == 3);
        CHECK(result.value == 42);
        CHECK(result.error == 0);
    });
}

TEST_CASE("an object that holds no socket says so", "[net]") {
    in_fibers([] {
        net::tcp_stream stream;
        net::tcp_listener listener;
        std::byte byte[1];
        std::error_code ec;
        stream.read_some(byte, ec);
        CHECK(ec == std::errc::bad_file_descriptor);
        listener.accept(ec);
        CHECK(ec == std::errc::bad_file_descriptor);
        CHECK(error_of([&] { stream.write_all(byte); }) == std::errc::bad_file_descriptor);
        CHECK(error_of([&] { stream.set_deadline(past()); }) == std::errc::bad_file_descriptor);
        CHECK(error_of([&] { stream.shutdown_write(); }) == std::errc::bad_file_descriptor);
        CHECK(error_of([&] { stream.local(); }) == std::errc::bad_file_descriptor);
        CHECK(error_of([&] { listener.local(); }) == std::errc::bad_file_descriptor);
        CHECK_FALSE(stream.is_open());
        CHECK(stream.native_handle() == -1);
        stream.close();
        listener.close();
    });
}

TEST_CASE("a thread without a runtime makes no sockets", "[net]") {
    CHECK_THROWS_AS(net::listen("127.0.0.1:0"), weft::runtime_stopped);
    CHECK_THROWS_AS(net::dial("127.0.0.1:1"), weft::runtime_stopped);
}

namespace {

int run_out_of_numbers() {
    return weft::run([] {
        auto listener = net::listen("127.0.0.1:0");
        auto waiting = net::dial(listener.local());
        send(waiting, "patience");
        rlimit const tight{static_cast<rlim_t>(waiting.native_handle()) + 1, 4096};
        ::setrlimit(RLIMIT_NOFILE, &tight);

        // Compared as numbers: the undefined-behaviour sanitizer needs a descriptor to check a virtual call.
        std::error_code ec;
        for (int i = 0; i != 3; ++i) {
            listener.accept(ec);
            if (ec.value() != EMFILE) return 1;
        }
        net::dial(listener.local().to_string(), ec);
        if (ec.value() != EMFILE) return 2;

        rlimit const wide{4096, 4096};
        ::setrlimit(RLIMIT_NOFILE, &wide);
        auto accepted = listener.accept();  // it has waited, and there is no new event
        return receive(accepted) == "patience" ? 0 : 3;
    });
}

// In a process of its own, because the limit is the process's.
child const out_of_numbers{"out of descriptors", run_out_of_numbers};

}  // namespace

TEST_CASE("a connection waits until there is a number for it", "[net][C53]") {
    auto const end = out_of_numbers.run();
    INFO(end.err);
    CHECK_FALSE(end.timed_out);
    CHECK(end.exit_status == 0);
}
