#include <weft/dns.hpp>

namespace weft::net {

namespace {

class category final : public std::error_category {
public:
    char const* name() const noexcept override { return "weft::net::dns"; }

    std::string message(int value) const override {
        switch (static_cast<dns_error>(value)) {
        case dns_error::host_not_found: return "host not found";
        case dns_error::no_data: return "the name has no such data";
        case dns_error::timed_out: return "no DNS server answered in time";
        case dns_error::refused: return "the DNS servers refuse to answer";
        case dns_error::server_failure: return "the DNS servers failed";
        case dns_error::bad_answer: return "the answer of the DNS server makes no sense";
        case dns_error::unreachable: return "no DNS server could be reached";
        case dns_error::bad_name: return "not a host name";
        }
        return "unknown DNS error " + std::to_string(value);
    }

    std::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<dns_error>(value)) {
        case dns_error::timed_out: return std::errc::timed_out;
        case dns_error::unreachable: return std::errc::host_unreachable;
        case dns_error::bad_name: return std::errc::invalid_argument;
        default: return {value, *this};
        }
    }
};

}  // namespace

std::error_category const& dns_category() noexcept {
    static category const the_one;
    return the_one;
}

}  // namespace weft::net
