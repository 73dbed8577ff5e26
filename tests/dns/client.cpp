// weft_dns_client SERVER KIND NAME: asks the server and prints what it says, a line each, sorted.

#include <weft/dns.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>
#include <weft/weft.hpp>

namespace net = weft::net;

namespace {

using lines = std::vector<std::string>;

lines ask(net::resolver const& names, std::string_view kind, std::string const& name) {
    lines found;
    if (kind == "addresses") {
        for (net::endpoint const& at : names.lookup(name)) found.push_back(at.to_string());
    } else if (kind == "names") {
        found = names.lookup_names(net::endpoint::parse(name));
    } else if (kind == "cname") {
        found = {names.lookup_cname(name)};
    } else if (kind == "mx") {
        for (net::mx_record const& r : names.lookup_mx(name))
            found.push_back(std::to_string(r.preference) + " " + r.host);
    } else if (kind == "srv") {
        for (net::srv_record const& r : names.lookup_srv(name))
            found.push_back(std::to_string(r.priority) + " " + std::to_string(r.weight) + " " + std::to_string(r.port) +
                            " " + r.host);
    } else if (kind == "txt") {
        found = names.lookup_txt(name);
    } else if (kind == "dial") {
        auto listener = net::listen("127.0.0.1:0");
        net::dial_options options;
        options.names = names;
        auto near = net::dial(name + ":" + std::to_string(listener.local().port()), options);
        found = {near.remote() == listener.local() ? "connected" : "connected elsewhere"};
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 4) return 2;
    return weft::run([&] {
        net::resolver_options options;
        options.servers = {net::endpoint::parse(arguments[1])};
        options.search.emplace();
        options.hosts_file.clear();
        options.timeout = std::chrono::seconds(30);  // nothing gets lost on the way, but the server may be slow
        try {
            for (std::string const& line : ask(net::resolver(options), arguments[2], arguments[3]))
                std::puts(line.c_str());
            return 0;
        } catch (std::system_error const& e) {
            std::puts(e.code().message().c_str());
            return 1;
        }
    });
}
