#include "address_text.hpp"
#include "configuration_file.hpp"
#include "host_name.hpp"
#include "words.hpp"

#include <charconv>
#include <utility>

namespace weft::detail {

namespace {

struct service {
    std::string_view name;
    std::uint16_t port;
};

// Those that programs name, for systems without the file.
constexpr service well_known[] = {{"domain", 53}, {"ftp", 21},    {"http", 80},        {"https", 443},
                                  {"imap", 143},  {"imaps", 993}, {"pop3", 110},       {"pop3s", 995},
                                  {"smtp", 25},   {"ssh", 22},    {"submission", 587}, {"submissions", 465}};

}  // namespace

// A line is "name port/protocol alias…". Source: services(5)
std::optional<std::uint16_t> service_port(std::string_view wanted) {
    std::string const name = canonical(wanted);
    for (service const& known : well_known)
        if (known.name == name) return known.port;

    std::optional<std::uint16_t> found;
    for_each_line(read_whole("/etc/services"), [&](std::string_view line) {
        int column = 0;
        std::uint16_t port = 0;
        bool named = false;
        bool is_tcp = false;
        for_each_word(line, [&](std::string_view word) {
            if (column++ != 1) {
                named = named || canonical(word) == name;
                return;
            }
            std::size_t const slash = word.find('/');
            is_tcp = slash != word.npos && word.substr(slash) == "/tcp" &&
                     std::from_chars(word.data(), word.data() + slash, port).ec == std::errc{};
        });
        if (named && is_tcp && !found) found = port;
    });
    return found;
}

}  // namespace weft::detail
