// weft's side of benchmarks/io.
//
//     weft_serve tcp|udp WORKERS                serves
//     weft_serve tls WORKERS CERTIFICATE KEY    serves
//     weft_serve file WORKERS FILE SECONDS      reads blocks of the file, each reader a fiber
#include "file_blocks.hpp"
#include "server_process.hpp"

#include <weft/file.hpp>
#include <weft/tls.hpp>
#include <weft/udp.hpp>
#include <weft/weft.hpp>

#include <array>
#include <atomic>
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

template <class Listener>
void serve(Listener listener) {
    serving::announce(listener.local().port());
    auto accepting = weft::spawn([&] {
        for (std::error_code closed;;) {
            auto stream = listener.accept(closed);
            if (closed) return;
            weft::go([stream = std::move(stream)]() mutable { echo(stream); });
        }
    });
    weft::blocking(serving::wait_for_end_of_input);
    listener.close();
    accepting.join();
}

void serve_udp() {
    weft::net::udp_socket socket = weft::net::bind_udp("127.0.0.1:0");
    serving::announce(socket.local().port());
    auto echoing = weft::spawn([&] {
        std::array<std::byte, serving::buffer_bytes> buffer;
        for (std::error_code closed;;) {
            weft::net::datagram const got = socket.recv_from(buffer, closed);
            if (closed) return;
            socket.send_to(std::span<std::byte const>(buffer).first(got.bytes), got.from, closed);
        }
    });
    weft::blocking(serving::wait_for_end_of_input);
    socket.close();
    echoing.join();
}

void serve_tls(char const* certificate, char const* key) {
    weft::tls::server_options options;
    options.identities.push_back(weft::tls::identity::from_files(certificate, key));
    options.min_version = weft::tls::version::tls13;
    serve(weft::tls::listen("127.0.0.1:0", weft::tls::server_config(options)));
}

void read_file(char const* path, double seconds) {
    weft::fs::file file = weft::fs::open(path);
    std::atomic<std::uint64_t> reads{0};  // relaxed: only counted
    std::atomic<bool> stop{false};        // relaxed: the fibers are joined
    weft::wait_group reading;
    for (unsigned reader = 0; reader != serving::file_readers; ++reader)
        reading.go([&, reader] {
            serving::block_sequence blocks(reader);
            std::array<std::byte, serving::block_bytes> buffer;
            while (!stop.load(std::memory_order_relaxed)) {
                std::uint64_t const block = blocks.next();
                if (file.read_at(buffer, block * buffer.size()) != buffer.size() ||
                    !serving::is_block(buffer.data(), block))
                    serving::fail("read_at");
                reads.fetch_add(1, std::memory_order_relaxed);
            }
        });
    weft::blocking([&] { return serving::measure_reads(seconds, reads); }).print();
    stop.store(true, std::memory_order_relaxed);
    reading.wait();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    std::string_view const service = argv[1];
    weft::runtime_options options;
    options.workers = static_cast<unsigned>(std::atoi(argv[2]));
    weft::run(
        [&] {
            if (service == "tcp")
                serve(weft::net::listen("127.0.0.1:0"));
            else if (service == "udp")
                serve_udp();
            else if (service == "tls" && argc == 5)
                serve_tls(argv[3], argv[4]);
            else if (service == "file" && argc == 5)
                read_file(argv[3], std::atof(argv[4]));
            else
                std::puts("absent");
        },
        options);
    return 0;
}
