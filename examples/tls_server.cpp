// A server that speaks TLS. Each line that arrives is sent back; a request for a web page gets one:
//
//     tls_server CERTIFICATE KEY [--clients FILE] [--tls12]
//
// It prints the port that it listens at, and ends when its input does. With --clients it talks only to clients whose certificate
// is signed by one of FILE's.

#include <array>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <weft/tls.hpp>
#include <weft/weft.hpp>

namespace {

namespace tls = weft::tls;

tls::server_options parse(std::span<char*> words) {
    if (words.size() < 3) throw std::invalid_argument("usage: tls_server CERTIFICATE KEY [option...]");
    tls::server_options options;
    options.identities = {tls::identity::from_files(words[1], words[2])};
    options.alpn = {"http/1.1"};
    for (std::size_t at = 3; at != words.size(); ++at) {
        std::string_view const option = words[at];
        if (option == "--clients" && at + 1 != words.size()) {
            options.clients = tls::client_certificate::required;
            options.trust_files = {words[++at]};
        } else if (option == "--tls12") {
            options.max_version = tls::version::tls12;
        } else {
            throw std::invalid_argument("unknown option: " + std::string(option));
        }
    }
    return options;
}

void answer(tls::stream& client, std::string_view request) {
    std::string const page = "woven by weft, for " + std::string(request.substr(0, request.find('\r'))) + "\n";
    client.write_all(
        weft::as_bytes("HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(page.size()) + "\r\n\r\n" + page));
}

void serve(tls::stream client) {
    try {
        std::string text;
        std::array<std::byte, 4096> buffer;
        while (std::size_t const n = client.read_some(buffer)) {  // the first read shakes hands
            text.append(reinterpret_cast<char const*>(buffer.data()), n);
            if (text.starts_with("GET ")) {
                if (text.find("\r\n\r\n") == std::string::npos) continue;
                answer(client, text);
                return;
            }
            if (std::size_t const end = text.rfind('\n'); end != std::string::npos) {
                client.write_all(weft::as_bytes(std::string_view(text).substr(0, end + 1)));
                text.erase(0, end + 1);
            }
        }
    } catch (std::system_error const& e) {
        std::fprintf(stderr, "%s\n", e.what());
    }
}

}  // namespace

int main(int argc, char** argv) {
    return weft::run([&] {
        try {
            tls::listener listener =
                tls::listen("127.0.0.1:0", tls::server_config(parse(std::span(argv, static_cast<std::size_t>(argc)))));
            std::printf("%u\n", unsigned{listener.local().port()});
            std::fflush(stdout);

            auto accepting = weft::spawn([&] {
                weft::task_group connections;
                for (std::error_code ended;;) {
                    tls::stream client = listener.accept(ended);
                    if (ended) return;
                    connections.go([client = std::move(client)]() mutable { serve(std::move(client)); });
                }
            });
            weft::blocking([] {
                while (std::getchar() != EOF) {}
            });
            listener.close();
            accepting.join();
            return 0;
        } catch (std::exception const& e) {
            std::fprintf(stderr, "%s\n", e.what());
            return 1;
        }
    });
}
