// Beast's blocking calls over TLS: an HTTPS client and server on fibers.

#include <boost/beast/core/stream_traits.hpp>
#include <utility>
#include <vector>
#include <weft/asio.hpp>
#include <weft/tls.hpp>
#include <weft/weft.hpp>

#include "asio/beast_peers.hpp"
#include "support/fixture.hpp"
#include "tls/certificates.hpp"

using namespace weft_test;

static_assert(boost::beast::is_sync_stream<weft::asio_stream<weft::tls::stream&>>::value);

TEST_CASE("Beast's blocking calls, client and server, run on fibers over TLS", "[asio][tls]") {
    in_fibers([] {
        auto listener = weft::tls::listen("127.0.0.1:0", weft::tls::server_config(serving()));
        weft::tls::client_config const trust(trusting());
        constexpr int clients = 3;
        weft::task_group group;
        group.go([&] {
            for (int i = 0; i != clients; ++i)
                group.go([connection = listener.accept()]() mutable { serve_requests(connection); });
        });
        std::vector<weft::fiber<int>> asking;
        for (int i = 0; i != clients; ++i)
            asking.push_back(weft::spawn([&] {
                auto connection = weft::tls::client(weft::net::dial(listener.local()), "weft.test", trust);
                return ask_often(connection, 6);
            }));
        for (auto& a : asking) CHECK(a.join() == 6);
        group.wait();
    });
}
