// A program outside this repository that uses the component: its client refuses a server that does not speak TLS.
#include <weft/tls.hpp>
#include <weft/weft.hpp>

#include <cstdio>

int main() {
    return weft::run([] {
        weft::net::tcp_listener listener = weft::net::listen("127.0.0.1:0");
        auto server = weft::spawn([&] { listener.accept().write_all(weft::as_bytes("no TLS here\n")); });
        weft::tls::client_config const config;
        std::error_code ec;
        weft::tls::dial(listener.local().to_string(), config, ec);
        server.join();
        std::printf("%s\n", ec.message().c_str());
        return ec == weft::tls::errc::protocol ? 0 : 1;
    });
}
