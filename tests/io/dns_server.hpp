// A DNS server for tests, on 127.0.0.1, over UDP and TCP.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>
#include <weft/dns.hpp>

namespace weft_test {

/// Types of records, as in questions.
enum class dns_type : std::uint16_t { a = 1, cname = 5, ptr = 12, mx = 15, txt = 16, aaaa = 28, srv = 33 };

/// What a record says, encoded.
std::string rdata_a(char const* address);
std::string rdata_aaaa(char const* address);
std::string rdata_name(std::string_view name);
std::string rdata_mx(std::uint16_t preference, std::string_view host);
std::string rdata_srv(std::uint16_t priority, std::uint16_t weight, std::uint16_t port, std::string_view host);
std::string rdata_txt(std::vector<std::string> const& parts);

/// Answers what it was told to from a thread of its own. A name that it was told nothing about does not exist; one that it
/// knows with another type only has no such data.
class dns_server {
public:
    dns_server();
    ~dns_server();
    dns_server(dns_server const&) = delete;

    weft::net::endpoint at() const { return at_; }
    /// Options of a resolver that asks this server only, once, and gives up soon enough for a test.
    weft::net::resolver_options options() const;

    /// Adds a record; one with another owner than its name stands in the answer to questions about the name.
    void add(std::string const& name, dns_type type, std::string rdata);
    void add(std::string const& name, dns_type asked, std::string const& owner, dns_type type, std::string rdata);
    /// Answers with this code instead: 2 server failure, 5 refused.
    void fail(std::string const& name, int code);
    /// Over UDP, answers only that TCP has more.
    void truncate(std::string const& name);
    /// Answers with something that is no message.
    void garble(std::string const& name);
    /// Leaves the next `count` questions unanswered.
    void drop(std::string const& name, dns_type type, int count = 1'000'000);
    /// Keeps questions until `release`.
    void hold(std::string const& name, dns_type type);
    void release(std::string const& name, dns_type type);

    /// How many questions have come, over both kinds of socket.
    int questions(std::string const& name, dns_type type) const;
    int questions() const;
    int questions_over_tcp() const;

private:
    using key = std::pair<std::string, dns_type>;
    struct record {
        std::string owner;
        dns_type type;
        std::string rdata;
    };
    struct question {
        std::string message;
        key what;
        std::size_t bytes = 0;  // of the header and the question
    };
    struct waiting {
        question asked;
        std::string from;  // a socket address
    };

    void work();
    void serve_udp();
    void serve_tcp();
    /// Empty: none.
    std::string answer(question const& q, bool over_udp);
    static question parse(std::string message);

    int udp_ = -1, tcp_ = -1, stop_ = -1;
    weft::net::endpoint at_;
    mutable std::mutex lock_;  // guards what follows
    std::map<key, std::vector<record>> records_;
    std::map<std::string, int> codes_;
    std::map<std::string, bool> truncated_, garbled_;
    std::map<key, int> dropped_, asked_;
    std::map<key, std::vector<waiting>> held_;
    int over_tcp_ = 0;
    std::thread thread_;
};

}  // namespace weft_test
