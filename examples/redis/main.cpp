// A small server of the Redis protocol, one fiber per connection.
//
//     redis              asks itself, with many clients that send their commands in batches, and ends
//     redis ADDRESS      serves there until it is ended, say at 127.0.0.1:6380; redis-cli and redis-benchmark can use it

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <weft/weft.hpp>

#include "protocol.hpp"
#include "server.hpp"
#include "store.hpp"

namespace {

constexpr int clients = 20;
constexpr int batches = 10;
constexpr int batch = 50;

std::string ask(weft::net::endpoint const& server, std::string_view commands) {
    weft::net::tcp_stream connection = weft::net::dial(server);
    connection.write_all(weft::as_bytes(commands));
    connection.shutdown_write();
    std::string answers(1024, '\0');
    answers.resize(connection.read_exact(std::as_writable_bytes(std::span(answers))));
    return answers;
}

// Counts one key up, in batches that are sent before the first reply is read.
void count(weft::net::endpoint const& server) {
    weft::net::tcp_stream connection = weft::net::dial(server);
    weft::buffered_reader replies(connection);
    std::string commands;
    for (int i = 0; i != batch; ++i) commands += "*2\r\n$4\r\nINCR\r\n$7\r\ncounter\r\n";
    for (int b = 0; b != batches; ++b) {
        connection.write_all(weft::as_bytes(commands));
        for (int i = 0; i != batch; ++i) replies.read_line(64);
    }
}

bool demonstrate(weft::net::endpoint const& server) {
    weft::task_group counting;
    for (int i = 0; i != clients; ++i) counting.go([&] { count(server); });
    counting.wait();
    bool const counted = ask(server, "GET counter\r\n") == "$5\r\n10000\r\n";
    bool const kept = ask(server,
                          "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\n1\r\n2\r\nMGET a b\r\nDEL a b\r\nEXISTS a\r\n"
                          "LPUSH l x y\r\nRPOP l\r\nGET l\r\nSET t v PX 0\r\nTTL t\r\nNONSENSE\r\n") ==
                      "+OK\r\n*2\r\n$4\r\n1\r\n2\r\n$-1\r\n:1\r\n:0\r\n:2\r\n$1\r\nx\r\n"
                      "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n+OK\r\n:-2\r\n"
                      "-ERR unknown command 'NONSENSE'\r\n";
    bool const refused = ask(server, "*1\r\n!\r\nPING\r\n") == "-ERR Protocol error: expected '$'\r\n";
    std::printf("%d increments by %d clients: %s; the other commands: %s\n", clients * batches * batch, clients,
                counted ? "counted" : "lost", kept && refused ? "right" : "wrong");
    return counted && kept && refused;
}

}  // namespace

int main(int argc, char** argv) {
    return weft::run([&] {
        redis::store data;
        weft::net::tcp_listener listener = weft::net::listen(argc > 1 ? argv[1] : "127.0.0.1:0");
        std::printf("redis://%s\n", listener.local().to_string().c_str());
        std::fflush(stdout);
        auto server = weft::spawn([&] { redis::serve(listener, data); });
        bool const ok = argc > 1 || demonstrate(listener.local());
        if (argc == 1) listener.close();
        server.join();
        return ok ? 0 : 1;
    });
}
