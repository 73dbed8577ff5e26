// Asks a web server for its first page over TLS, and prints the answer:
//
//     tls_client HOST:PORT [--host NAME] [--trust FILE] [--identity CERTIFICATE KEY] [--tls12] [--times N]
//
// The certificate must be valid for HOST, or for NAME, and is checked against what the system trusts, or against FILE.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <weft/tls.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
namespace net = weft::net;
namespace tls = weft::tls;

struct arguments {
    std::string address;
    std::string host;
    tls::client_options options;
    int times = 1;
};

arguments parse(std::span<char*> words) {
    arguments parsed;
    std::size_t at = 1;
    auto next = [&]() -> std::string {
        if (at == words.size()) throw std::invalid_argument("usage: tls_client HOST:PORT [option...]");
        return words[at++];
    };
    parsed.address = next();
    parsed.host = parsed.address.substr(0, parsed.address.rfind(':'));
    while (at != words.size()) {
        std::string const option = next();
        if (option == "--host") {
            parsed.host = next();
        } else if (option == "--trust") {
            parsed.options.trust_system = false;
            parsed.options.trust_files = {next()};
        } else if (option == "--identity") {
            std::string const certificate = next();
            parsed.options.identities = {tls::identity::from_files(certificate, next())};
        } else if (option == "--tls12") {
            parsed.options.max_version = tls::version::tls12;
        } else if (option == "--times") {
            parsed.times = std::stoi(next());
        } else {
            throw std::invalid_argument("unknown option: " + option);
        }
    }
    return parsed;
}

void get(arguments const& asked, tls::client_config const& config) {
    tls::stream server = tls::client(net::dial(asked.address), asked.host, config);
    server.set_deadline(weft::clock::now() + 20s);
    server.handshake();
    std::fprintf(stderr, "%s, %s, %s: %s\n", server.version() == tls::version::tls13 ? "TLS 1.3" : "TLS 1.2",
                 server.cipher().c_str(), server.resumed() ? "resumed" : "new", server.peer()->subject.c_str());

    server.write_all(weft::as_bytes("GET / HTTP/1.0\r\nHost: " + asked.host + "\r\n\r\n"));
    std::array<std::byte, 4096> buffer;
    while (std::size_t const n = server.read_some(buffer)) std::fwrite(buffer.data(), 1, n, stdout);
}

}  // namespace

int main(int argc, char** argv) {
    return weft::run([&] {
        try {
            arguments const asked = parse(std::span(argv, static_cast<std::size_t>(argc)));
            tls::client_config const config(asked.options);
            for (int i = 0; i != asked.times; ++i) get(asked, config);
            return 0;
        } catch (std::exception const& e) {
            std::fprintf(stderr, "%s\n", e.what());
            return 1;
        }
    });
}
