// Looks up many names at the same time, each in a fiber, and prints what it finds as it comes. Ctrl-C ends the questions that
// have no answer yet; a second one ends the program.
//
//     dns_lookup              asks for localhost, and ends
//     dns_lookup NAME...      asks for these; an address is asked for its names

#include <weft/dns.hpp>
#include <weft/signals.hpp>

#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>
#include <weft/weft.hpp>

namespace {

namespace net = weft::net;

// "192.0.2.1" or "2001:db8::1"
bool is_address(std::string_view text) { return text.find_first_not_of("0123456789abcdefABCDEF.:") == text.npos; }

std::string describe(std::string const& name) {
    net::resolver const dns;
    std::string line = name + ":";
    try {
        std::vector<net::endpoint> const found = dns.lookup(name);
        if (is_address(name)) {
            for (std::string const& of : dns.lookup_names(found.front())) line += " " + of;
        } else {
            for (net::endpoint const& at : found) {
                std::string const text = at.to_string();
                line += " " + text.substr(0, text.rfind(':'));
            }
        }
    } catch (std::system_error const& e) {
        line += " " + e.code().message();
    }
    return line;
}

}  // namespace

int main(int count, char** arguments) {
    return weft::run([&] {
        std::vector<std::string> names(arguments + 1, arguments + count);
        if (names.empty()) names = {"localhost"};

        auto const [interrupted, stop] = weft::signals::cancel_on({}, {SIGINT, SIGTERM});
        auto const lines = weft::make_chan<std::string>();
        weft::task_group questions(interrupted);
        for (std::string const& name : names) questions.go([&lines = lines, &name] { lines.send(describe(name)); });
        for (std::size_t left = names.size(); left != 0; --left) {
            std::optional<std::string> line;
            if (weft::select(weft::on_recv(lines, line), weft::on_done(interrupted)) == 1) {
                std::fputs("interrupted\n", stderr);
                return 1;
            }
            std::puts(line->c_str());
        }
        return 0;
    });
}
