// A server and its client. Errors throw; the overload with an error_code is for those that are expected.
#include <array>
#include <cstddef>
#include <cstdio>
#include <span>
#include <system_error>
#include <utility>
#include <weft/weft.hpp>

int main() {
    weft::run([] {
        // [guide]
        weft::net::tcp_listener listener = weft::net::listen("127.0.0.1:0");
        auto server = weft::spawn([&] {
            for (;;) {
                std::error_code ec;
                weft::net::tcp_stream conn = listener.accept(ec);
                if (ec) return;  // closed
                weft::go([conn = std::move(conn)]() mutable {
                    std::array<std::byte, 4096> buffer;
                    while (std::size_t const n = conn.read_some(buffer)) {
                        conn.write_all(std::span(buffer).first(n));
                    }
                });
            }
        });

        weft::net::tcp_stream conn = weft::net::dial(listener.local().to_string());
        conn.write_all(weft::as_bytes("hello"));
        std::array<char, 5> answer;
        conn.read_exact(std::as_writable_bytes(std::span(answer)));
        std::printf("%.5s\n", answer.data());
        conn.close();
        listener.close();
        server.join();
        // [end]
    });
}
