#include "dns_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace weft_test {
namespace {

using weft::net::endpoint;

int checked(int result, char const* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

std::string number16(std::size_t n) { return {static_cast<char>(n >> 8), static_cast<char>(n)}; }
std::uint16_t read16(std::string_view text, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(text[at]) << 8 |
                                      static_cast<unsigned char>(text[at + 1]));
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

bool read_fully(int from, char* to, std::size_t bytes) {
    while (bytes != 0) {
        ssize_t const got = ::read(from, to, bytes);
        if (got <= 0) return false;
        to += got, bytes -= static_cast<std::size_t>(got);
    }
    return true;
}

// The same port for both kinds of socket: the first that is free for both.
std::uint16_t bind_both(int udp, int& tcp) {
    for (int tries = 0;; ++tries) {
        sockaddr_in at = loopback(0);
        socklen_t size = sizeof at;
        tcp = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
        checked(::bind(tcp, reinterpret_cast<sockaddr*>(&at), size), "bind");
        checked(::getsockname(tcp, reinterpret_cast<sockaddr*>(&at), &size), "getsockname");
        if (::bind(udp, reinterpret_cast<sockaddr*>(&at), size) == 0) {
            checked(::listen(tcp, 16), "listen");
            return ntohs(at.sin_port);
        }
        ::close(tcp);
        if (tries == 50) throw std::system_error(errno, std::generic_category(), "bind");
    }
}

std::string address_bytes(int family, char const* text, std::size_t bytes) {
    std::string address(bytes, '\0');
    if (::inet_pton(family, text, address.data()) != 1) throw std::invalid_argument(text);
    return address;
}

}  // namespace

std::string rdata_a(char const* address) { return address_bytes(AF_INET, address, 4); }
std::string rdata_aaaa(char const* address) { return address_bytes(AF_INET6, address, 16); }

std::string rdata_name(std::string_view name) {
    std::string encoded;
    while (!name.empty()) {
        std::string_view const label = name.substr(0, name.find('.'));
        encoded.append(1, static_cast<char>(label.size())).append(label);
        name.remove_prefix(std::min(label.size() + 1, name.size()));
    }
    return encoded.append(1, '\0');
}

std::string rdata_mx(std::uint16_t preference, std::string_view host) {
    return number16(preference) + rdata_name(host);
}

std::string rdata_srv(std::uint16_t priority, std::uint16_t weight, std::uint16_t port, std::string_view host) {
    return number16(priority) + number16(weight) + number16(port) + rdata_name(host);
}

std::string rdata_txt(std::vector<std::string> const& parts) {
    std::string encoded;
    for (std::string const& part : parts) encoded.append(1, static_cast<char>(part.size())).append(part);
    return encoded;
}

dns_server::dns_server() {
    udp_ = checked(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    at_ = endpoint::parse("127.0.0.1:" + std::to_string(bind_both(udp_, tcp_)));
    stop_ = checked(::eventfd(0, EFD_CLOEXEC), "eventfd");
    thread_ = std::thread(&dns_server::work, this);
}

dns_server::~dns_server() {
    std::uint64_t const one = 1;
    checked(static_cast<int>(::write(stop_, &one, sizeof one)), "write");
    thread_.join();
    for (int const fd : {udp_, tcp_, stop_}) ::close(fd);
}

weft::net::resolver_options dns_server::options() const {
    weft::net::resolver_options chosen;
    chosen.servers = {at_};
    chosen.search.emplace();
    chosen.tries = 1;
    chosen.timeout = std::chrono::seconds(20);
    chosen.hosts_file.clear();
    return chosen;
}

void dns_server::add(std::string const& name, dns_type type, std::string rdata) {
    add(name, type, "", type, std::move(rdata));
}
void dns_server::add(std::string const& name, dns_type asked, std::string const& owner, dns_type type,
                     std::string rdata) {
    std::scoped_lock guard(lock_);
    records_[{name, asked}].push_back({owner, type, std::move(rdata)});
}
void dns_server::fail(std::string const& name, int code) {
    std::scoped_lock guard(lock_);
    codes_[name] = code;
}
void dns_server::truncate(std::string const& name) {
    std::scoped_lock guard(lock_);
    truncated_[name] = true;
}
void dns_server::garble(std::string const& name) {
    std::scoped_lock guard(lock_);
    garbled_[name] = true;
}
void dns_server::drop(std::string const& name, dns_type type, int count) {
    std::scoped_lock guard(lock_);
    dropped_[{name, type}] = count;
}
void dns_server::hold(std::string const& name, dns_type type) {
    std::scoped_lock guard(lock_);
    held_[{name, type}];
}

void dns_server::release(std::string const& name, dns_type type) {
    std::vector<waiting> released;
    {
        std::scoped_lock guard(lock_);
        auto const at = held_.find({name, type});
        released = std::move(at->second);
        held_.erase(at);
    }
    for (waiting const& w : released) {
        std::string const text = answer(w.asked, true);
        ::sendto(udp_, text.data(), text.size(), 0, reinterpret_cast<sockaddr const*>(w.from.data()),
                 static_cast<socklen_t>(w.from.size()));
    }
}

int dns_server::questions(std::string const& name, dns_type type) const {
    std::scoped_lock guard(lock_);
    auto const at = asked_.find({name, type});
    return at == asked_.end() ? 0 : at->second;
}
int dns_server::questions() const {
    std::scoped_lock guard(lock_);
    int sum = 0;
    for (auto const& [what, count] : asked_) sum += count;
    return sum;
}
int dns_server::questions_over_tcp() const {
    std::scoped_lock guard(lock_);
    return over_tcp_;
}

void dns_server::work() {
    for (;;) {
        pollfd about[] = {{udp_, POLLIN, 0}, {tcp_, POLLIN, 0}, {stop_, POLLIN, 0}};
        if (::poll(about, 3, -1) < 0) continue;
        if (about[2].revents != 0) return;
        if (about[0].revents != 0) serve_udp();
        if (about[1].revents != 0) serve_tcp();
    }
}

void dns_server::serve_udp() {
    std::string message(4096, '\0');
    sockaddr_in from{};
    socklen_t size = sizeof from;
    ssize_t const got = ::recvfrom(udp_, message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 12) return;
    message.resize(static_cast<std::size_t>(got));
    question const q = parse(std::move(message));
    {
        std::scoped_lock guard(lock_);
        ++asked_[q.what];
        if (auto const at = dropped_.find(q.what); at != dropped_.end() && at->second-- > 0) return;
        if (auto const at = held_.find(q.what); at != held_.end()) {
            at->second.push_back({q, std::string(reinterpret_cast<char const*>(&from), size)});
            return;
        }
    }
    std::string const text = answer(q, true);
    ::sendto(udp_, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
}

void dns_server::serve_tcp() {
    int const peer = ::accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) return;
    char length[2];
    while (read_fully(peer, length, 2)) {
        std::string message(read16(std::string_view(length, 2), 0), '\0');
        if (!read_fully(peer, message.data(), message.size())) break;
        question const q = parse(std::move(message));
        {
            std::scoped_lock guard(lock_);
            ++asked_[q.what];
            ++over_tcp_;
        }
        std::string const text = answer(q, false);
        for (std::string const& part : {number16(text.size()), text})  // in two parts, as some servers do
            static_cast<void>(::send(peer, part.data(), part.size(), MSG_NOSIGNAL));
    }
    ::close(peer);
}

dns_server::question dns_server::parse(std::string message) {
    question q;
    std::size_t at = 12;
    while (at < message.size() && message[at] != 0) {
        std::size_t const label = static_cast<unsigned char>(message[at]);
        if (!q.what.first.empty()) q.what.first += '.';
        q.what.first += message.substr(at + 1, label);
        at += label + 1;
    }
    for (char& c : q.what.first) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    q.what.second = static_cast<dns_type>(read16(message, at + 1));
    q.bytes = at + 5;
    q.message = std::move(message);
    return q;
}

std::string dns_server::answer(question const& q, bool over_udp) {
    constexpr std::size_t is_answer = 0x8180, is_truncated = 0x0200, no_such_name = 3;
    std::scoped_lock guard(lock_);
    std::string const& name = q.what.first;
    if (garbled_.contains(name)) return q.message.substr(0, 2) + number16(is_answer) + "\1\1\1\1\1\1\1\1garbage";
    std::size_t flags = is_answer;
    std::vector<record> found;
    auto const at = records_.find(q.what);
    if (codes_.contains(name)) {
        flags |= static_cast<std::size_t>(codes_[name]);
    } else if (at != records_.end()) {
        found = at->second;
    } else {
        auto const with_another_type = records_.lower_bound({name, dns_type{}});
        if (with_another_type == records_.end() || with_another_type->first.first != name) flags |= no_such_name;
    }
    if (over_udp && truncated_.contains(name)) {
        flags |= is_truncated;
        found.clear();
    }
    std::string text = q.message.substr(0, 2) + number16(flags) + number16(1) + number16(found.size()) + number16(0) +
                       number16(0) + q.message.substr(12, q.bytes - 12);
    constexpr std::size_t question_name = 0xc00c, internet = 1, seconds = 60;
    for (record const& r : found)
        text += (r.owner.empty() ? number16(question_name) : rdata_name(r.owner)) +
                number16(static_cast<std::size_t>(r.type)) + number16(internet) + number16(0) + number16(seconds) +
                number16(r.rdata.size()) + r.rdata;
    return text;
}

}  // namespace weft_test
