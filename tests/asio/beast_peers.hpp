// A client and a server by Beast's blocking calls, over any weft stream that can end its writing direction.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <string>
#include <weft/asio.hpp>

namespace weft_test {

namespace http = boost::beast::http;

/// Answers requests on one connection until it ends.
template <class Stream>
void serve_requests(Stream& connection) {
    weft::asio_stream stream(connection);
    boost::beast::flat_buffer buffer;
    for (;;) {
        http::request<http::string_body> request;
        boost::system::error_code ec;
        http::read(stream, buffer, request, ec);
        if (ec == http::error::end_of_stream) break;
        if (ec) throw boost::system::system_error(ec);
        http::response<http::string_body> response(http::status::ok, request.version());
        response.set(http::field::server, "weft");
        response.body() = std::string(request.target()) + ": " + request.body();
        response.keep_alive(request.keep_alive());
        response.prepare_payload();
        http::write(stream, response);
    }
    connection.shutdown_write();
}

/// Sends `count` requests over one connection; the bodies grow beyond every buffer. Returns how many answers were right.
template <class Stream>
int ask_often(Stream& connection, int count) {
    weft::asio_stream stream(connection);
    boost::beast::flat_buffer buffer;
    int right = 0;
    for (int i = 0; i != count; ++i) {
        http::request<http::string_body> request(http::verb::post, "/" + std::to_string(i), 11);
        request.set(http::field::host, "localhost");
        request.body() = std::string(static_cast<std::size_t>(i) * 5000, static_cast<char>('a' + i));
        request.prepare_payload();
        http::write(stream, request);
        http::response<http::string_body> response;
        http::read(stream, buffer, response);
        right += response.result() == http::status::ok && response[http::field::server] == "weft" &&
                 response.body() == std::string(request.target()) + ": " + request.body();
    }
    connection.shutdown_write();
    boost::system::error_code ec;
    http::response<http::string_body> none;
    http::read(stream, buffer, none, ec);
    return ec == http::error::end_of_stream ? right : -1;
}

}  // namespace weft_test
