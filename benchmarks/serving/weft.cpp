// weft's side of benchmarks/io.
//
//     weft_serve tcp|udp WORKERS                   serves
//     weft_serve tls WORKERS CERTIFICATE KEY       serves
//     weft_serve file WORKERS FILE SECONDS         reads blocks of the file, each reader a fiber
#include "server_process.hpp"

#include <weft/weft.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

namespace {

template <class Stream>
void echo(Stream& stream) {
    std::array<std::byte, serving::buffer_bytes> buffer;
    std::error_code failed;
    while (std::size_t const n = stream.read_some(buffer, failed)) {
        stream.write_all(std::span<std::byte const>(buffer).first(n), failed);
        if (failed) return;
    }
}

void serve_tcp() {
    weft::net::tcp_listener listener = weft::net::listen("127.0.0.1:0");
    serving::announce(listener.local().port());
    auto accepting = weft::spawn([&] {
        for (std::error_code closed;;) {
            weft::net::tcp_stream stream = listener.accept(closed);
            if (closed) return;
            weft::go([stream = std::move(stream)]() mutable { echo(stream); });
        }
    });
    weft::blocking(serving::wait_for_end_of_input);
    listener.close();
    accepting.join();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    weft::runtime_options options;
    options.workers = static_cast<unsigned>(std::atoi(argv[2]));
    options.shutdown_grace = std::chrono::seconds(5);
    if (std::string_view(argv[1]) == "tcp")
        weft::run(serve_tcp, options);
    else
        std::puts("absent");
    return 0;
}
