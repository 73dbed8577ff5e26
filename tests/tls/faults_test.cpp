// An echo over TLS, on a system that fails.

#include <string>
#include <system_error>
#include <weft/weft.hpp>

#include "io/fault_trials.hpp"
#include "secured.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
using namespace std::chrono_literals;
namespace tls = weft::tls;

namespace {

// A peer that seems to be gone, and is not, is heard out until the handshake's time is over.
constexpr auto hearing_out = 20ms;

tls::client_config const& hasty_client() {
    static tls::client_config const only([] {
        tls::client_options options = trusting();
        options.handshake_timeout = hearing_out;
        return options;
    }());
    return only;
}
tls::server_config const& hasty_server() {
    static tls::server_config const only([] {
        tls::server_options options = serving();
        options.handshake_timeout = hearing_out;
        return options;
    }());
    return only;
}

// One that only took long goes on where it was.
void shake_hands(tls::stream& side) {
    std::error_code ec;
    do {
        side.handshake(ec);
    } while (ec == std::errc::timed_out);
    if (ec) throw std::system_error(ec);
}

void echo_over_tls() {
    // Several records, and short enough for many runs.
    static std::string const text = pattern(5'000);
    secured both = over_tcp(hasty_client(), hasty_server());
    weft::task_group all;
    all.go([&] {
        shake_hands(both.server);
        std::string buffer(900, '\0');
        while (std::size_t const got = both.server.read_some(writable(buffer)))
            send(both.server, std::string_view(buffer).substr(0, got));
        both.server.shutdown_write();
    });
    all.go([&] {
        shake_hands(both.client);
        send(both.client, text);
        both.client.shutdown_write();
    });
    all.go([&] {
        shake_hands(both.client);
        expect(both.client, text);
    });
    all.wait();
}

constexpr scenario scenarios[] = {{"echo over TLS", echo_over_tls}};

// The configurations are made on a system that works.
std::span<scenario const> prepared() {
    hasty_client();
    hasty_server();
    return scenarios;
}

}  // namespace

TEST_CASE("TLS does not notice interruptions, would-block and transfers of one byte", "[tls][faults][C53]") {
    with_workers([](weft::runtime_options options) { survive_random_faults(prepared(), true, options); });
}

TEST_CASE("random faults under TLS lose no byte, leave nothing behind and say what they are",
          "[tls][faults][C52][C53]") {
    with_workers([](weft::runtime_options options) { survive_random_faults(prepared(), false, options); });
}

TEST_CASE("under TLS the first call fails, then the second, and so on until none does", "[tls][faults][C53]") {
    survive_every_fault(prepared());
}
