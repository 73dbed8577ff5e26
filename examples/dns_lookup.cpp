// Looks names up, all at the same time, and prints their addresses in the order of the arguments.
//
//     dns_lookup            looks up what needs no server, and ends
//     dns_lookup NAME...    asks the system's servers; the status is 1 if a name has no address

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>
#include <weft/directory.hpp>
#include <weft/dns.hpp>
#include <weft/file.hpp>
#include <weft/replacement.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
namespace fs = weft::fs;
namespace net = weft::net;

struct answer {
    std::vector<net::endpoint> addresses;
    std::error_code failure;
};

std::vector<answer> look_up(std::vector<std::string> const& names, net::resolver const& with) {
    return weft::parallel_map(names,
                              [&](std::string const& name) {
                                  answer found;
                                  found.addresses = with.lookup(name, 0, found.failure);
                                  return found;
                              },
                              {.fibers = names.size(), .grain = 1});
}

// An endpoint's text without its port, which is 0.
std::string address_text(net::endpoint const& address) {
    std::string text = address.to_string();
    text.resize(text.rfind(':'));
    return text.starts_with('[') ? text.substr(1, text.size() - 2) : text;
}

bool print(std::vector<std::string> const& names, std::vector<answer> const& answers) {
    bool all = true;
    for (std::size_t i = 0; i != names.size(); ++i) {
        std::string text = names[i] + ':';
        for (net::endpoint const& address : answers[i].addresses) text += ' ' + address_text(address);
        if (answers[i].failure) text += ' ' + answers[i].failure.message();
        std::printf("%s\n", text.c_str());
        all = all && !answers[i].failure;
    }
    return all;
}

bool demonstrate() {
    std::string const folder = fs::create_temporary_directory();
    weft::defer const tidy([&] { fs::remove_all(folder); });
    net::resolver_options options;
    options.hosts_file = folder + "/hosts";
    fs::write_file(options.hosts_file, "192.0.2.7 loom.example\n2001:db8::7 loom.example\n");
    std::vector<std::string> const names{"loom.example", "192.0.2.1", "2001:db8::1", "localhost"};
    std::vector<answer> const answers = look_up(names, net::resolver(options));
    return print(names, answers) && answers[0].addresses.size() == 2 &&
           answers[1].addresses == std::vector{net::endpoint::parse("192.0.2.1:0")} &&
           answers[2].addresses == std::vector{net::endpoint::parse("[2001:db8::1]:0")};
}

}  // namespace

int main(int argc, char** argv) {
    return weft::run([&] {
        if (argc == 1) return demonstrate() ? 0 : 1;
        std::vector<std::string> const names(argv + 1, argv + argc);
        return weft::with_timeout(30s, [&] { return print(names, look_up(names, net::resolver())); }) ? 0 : 1;
    });
}
