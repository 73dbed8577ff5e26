// Many connections at once.

#include <array>
#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
namespace net = weft::net;

namespace {

void echo(net::tcp_stream stream) {
    std::array<std::byte, 1000> buffer;
    while (std::size_t const n = stream.read_some(buffer)) stream.write_all(std::span(buffer).first(n));
}

// Sends messages of all sizes; returns how many did not come back as they were sent.
int converse(net::endpoint const& server, int id, int messages) {
    auto stream = net::dial(server);
    int wrong = 0;
    for (int i = 0; i != messages; ++i) {
        std::string const sent = pattern(static_cast<std::size_t>(id * 37 + i * 101) % 3000 + 1);
        auto writer = weft::spawn([&] { send(stream, sent); });
        std::string received(sent.size(), '\0');
        stream.read_exact(writable(received));
        writer.join();
        wrong += received != sent;
    }
    return wrong;
}

}  // namespace

TEST_CASE("a hundred connections echo at once", "[net]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto const address = listener.local();
        auto server = weft::spawn([&listener] {
            int served = 0;
            std::error_code closed;
            for (;;) {
                auto stream = listener.accept(closed);
                if (closed) return served;
                weft::go(echo, std::move(stream));
                ++served;
            }
        });
        constexpr int clients = 100;
        std::vector<weft::fiber<int>> talking;
        for (int id = 0; id != clients; ++id)
            talking.push_back(weft::spawn([address, id] { return converse(address, id, sized(30, 15, 5)); }));
        for (auto& client : talking) CHECK(client.join() == 0);
        listener.close();
        CHECK(server.join() == clients);
    });
}
