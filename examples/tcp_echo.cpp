// A TCP echo server and its clients in one program. Each connection is a fiber that reads and writes as if it could block;
// it parks instead, and its worker runs the others.
//
//     tcp_echo              serves its own clients, and ends
//     tcp_echo ADDRESS      serves there until it is ended, say at 127.0.0.1:7777

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <system_error>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;

constexpr int clients = 10;
constexpr int messages = 20;

void echo(weft::net::tcp_stream connection) {
    std::array<std::byte, 1024> buffer;
    std::error_code failed;
    while (std::size_t const n = connection.read_some(buffer, failed)) {  // 0 is the end of the stream, or a failure
        connection.write_all(std::span(buffer).first(n), failed);
        if (failed) break;
    }
}

void serve(weft::net::tcp_listener& listener) {
    for (;;) {
        std::error_code ended;  // set when the listener is closed
        weft::net::tcp_stream connection = listener.accept(ended);
        if (ended) return;
        weft::go(echo, std::move(connection));
    }
}

// Returns how many messages came back as they were sent.
int talk(weft::net::endpoint const& server, int id) {
    weft::net::tcp_stream connection = weft::net::dial(server);
    connection.set_deadline(weft::clock::now() + 10s);  // of everything below, together

    int echoed = 0;
    for (int i = 0; i != messages; ++i) {
        std::string const sent = "message " + std::to_string(i) + " of client " + std::to_string(id);
        connection.write_all(weft::as_bytes(sent));

        std::string received(sent.size(), '\0');
        connection.read_exact(std::as_writable_bytes(std::span(received)));
        echoed += received == sent;
    }
    return echoed;
}

}  // namespace

int main(int argc, char** argv) {
    return weft::run([&] {
        // Port 0: the system chooses a free one.
        weft::net::tcp_listener listener = weft::net::listen(argc > 1 ? argv[1] : "127.0.0.1:0");
        weft::net::endpoint const address = listener.local();
        std::printf("%s\n", address.to_string().c_str());
        std::fflush(stdout);
        auto server = weft::spawn([&] { serve(listener); });
        if (argc > 1) {
            server.join();
            return 0;
        }

        auto results = weft::make_chan<int>(clients);
        weft::wait_group talking;
        for (int id = 0; id != clients; ++id) talking.go([=] { results.send(talk(address, id)); });
        talking.wait();
        results.close();

        listener.close();  // wakes the server, which waits in accept()
        server.join();

        int echoed = 0;
        for (int n : results) echoed += n;
        std::printf("%d of %d messages came back\n", echoed, clients * messages);
        return echoed == clients * messages ? 0 : 1;
    });
}
