// An HTTP server and its clients, by Boost.Beast's blocking calls: what would need a thread per connection, or a rewrite with
// callbacks, runs on fibers as it is.
//
//     beast_http              serves itself, asks itself, and ends
//     beast_http ADDRESS      serves there until it is ended, say at 127.0.0.1:8080

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <weft/asio.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr int clients = 10;
constexpr int requests = 5;

http::response<http::string_body> answer(http::request<http::string_body> const& request) {
    http::response<http::string_body> response(http::status::ok, request.version());
    response.set(http::field::content_type, "text/plain");
    response.body() = "You asked for " + std::string(request.target()) + "\n";
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    return response;
}

void serve_one(weft::net::tcp_stream connection) {
    weft::asio_stream stream(connection);
    beast::flat_buffer buffer;
    boost::system::error_code ec;
    for (bool more = true; more;) {
        connection.set_deadline(weft::clock::now() + 30s);  // for each request anew
        http::request<http::string_body> request;
        http::read(stream, buffer, request, ec);
        if (ec) return;  // the peer has had enough
        http::write(stream, answer(request), ec);
        more = request.keep_alive() && !ec;
    }
}

void serve(weft::net::tcp_listener& listener) {
    for (;;) {
        std::error_code ended;  // set when the listener is closed
        weft::net::tcp_stream connection = listener.accept(ended);
        if (ended) return;
        weft::go(serve_one, std::move(connection));
    }
}

// Returns how many answers were right.
int ask(weft::net::endpoint const& server, int id) {
    weft::asio_stream stream(weft::net::dial(server));
    beast::flat_buffer buffer;
    int right = 0;
    for (int i = 0; i != requests; ++i) {
        std::string const target = "/" + std::to_string(id) + "/" + std::to_string(i);
        http::request<http::empty_body> request(http::verb::get, target, 11);
        request.set(http::field::host, server.to_string());
        http::write(stream, request);

        http::response<http::string_body> response;
        http::read(stream, buffer, response);
        right += response.body() == "You asked for " + target + "\n";
    }
    return right;
}

}  // namespace

int main(int argc, char** argv) {
    return weft::run([&] {
        weft::net::tcp_listener listener = weft::net::listen(argc > 1 ? argv[1] : "127.0.0.1:0");
        std::printf("http://%s/\n", listener.local().to_string().c_str());
        std::fflush(stdout);
        auto server = weft::spawn([&] { serve(listener); });
        if (argc > 1) {
            server.join();
            return 0;
        }

        auto results = weft::make_chan<int>(clients);
        weft::wait_group asking;
        for (int id = 0; id != clients; ++id)
            asking.go([=, address = listener.local()] { results.send(ask(address, id)); });
        asking.wait();
        results.close();
        listener.close();
        server.join();

        int right = 0;
        for (int const n : results) right += n;
        std::printf("%d of %d answers were right\n", right, clients * requests);
        return right == clients * requests ? 0 : 1;
    });
}
