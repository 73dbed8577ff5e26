// A TCP proxy: each connection is two copies, one in each direction. The end of one direction is passed on and leaves the other
// alone, so that protocols work in which a client says "that is all" and then waits for the answer.
//
//     tcp_proxy                     stands between its own clients and its own server, and ends
//     tcp_proxy ADDRESS TARGET      takes connections at ADDRESS to TARGET until it is ended

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>
#include <weft/copy.hpp>
#include <weft/read_all.hpp>
#include <weft/socket_copy.hpp>
#include <weft/weft.hpp>

namespace {

using weft::net::tcp_listener;
using weft::net::tcp_stream;

constexpr int clients = 20;

// Passes on what comes from `from`, and its end. A failure ends both directions: there is no other way to pass that on.
void forward(tcp_stream& from, tcp_stream& to) {
    std::error_code failed;
    weft::copy(from, to, failed);
    if (!failed) {
        try {
            return to.shutdown_write();
        } catch (std::system_error const&) {}  // it has ended meanwhile
    }
    from.close();
    to.close();
}

void connect(tcp_stream client, weft::net::endpoint const& target) {
    std::error_code refused;
    tcp_stream server = weft::net::dial(target.to_string(), refused);
    if (refused) {
        std::fprintf(stderr, "%s: %s\n", target.to_string().c_str(), refused.message().c_str());
        return;
    }
    auto answers = weft::spawn([&] { forward(server, client); });
    forward(client, server);
    answers.join();
}

template <class Serve>
void serve(tcp_listener& listener, Serve const& one) {
    for (;;) {
        std::error_code ended;  // set when the listener is closed
        tcp_stream connection = listener.accept(ended);
        if (ended) return;
        weft::go([one, connection = std::move(connection)]() mutable { one(std::move(connection)); });
    }
}

// A service that answers only after the end of the question.
void shout(tcp_stream connection) {
    std::string text = weft::read_all(connection);
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    connection.write_all(weft::as_bytes(text));
}

bool ask(weft::net::endpoint const& proxy, int id) {
    tcp_stream connection = weft::net::dial(proxy);
    auto const size = static_cast<std::size_t>(id) * 10'000;
    connection.write_all(weft::as_bytes(std::string(size, static_cast<char>('a' + id))));
    connection.shutdown_write();
    return weft::read_all(connection) == std::string(size, static_cast<char>('A' + id));
}

int demonstrate() {
    tcp_listener service = weft::net::listen("127.0.0.1:0");
    tcp_listener proxy = weft::net::listen("127.0.0.1:0");
    auto serving = weft::spawn([&] { serve(service, shout); });
    auto proxying = weft::spawn([&, target = service.local()] {
        serve(proxy, [target](tcp_stream client) { connect(std::move(client), target); });
    });

    auto results = weft::make_chan<bool>(clients);
    weft::wait_group asking;
    for (int id = 0; id != clients; ++id) asking.go([=, at = proxy.local()] { results.send(ask(at, id)); });
    asking.wait();
    results.close();
    proxy.close();
    service.close();
    proxying.join();
    serving.join();

    int right = 0;
    for (bool const answer : results) right += answer ? 1 : 0;
    std::printf("%d of %d answers came through\n", right, clients);
    return right == clients ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 1 && argc != 3) {
        std::fprintf(stderr, "usage: %s [ADDRESS TARGET]\n", argv[0]);
        return 2;
    }
    return weft::run([&] {
        if (argc == 1) return demonstrate();
        weft::net::endpoint const target = weft::net::endpoint::parse(argv[2]);
        tcp_listener proxy = weft::net::listen(argv[1]);
        std::printf("%s\n", proxy.local().to_string().c_str());
        std::fflush(stdout);
        serve(proxy, [&target](tcp_stream client) { connect(std::move(client), target); });
        return 0;
    });
}
