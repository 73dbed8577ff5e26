#include "dns_query.hpp"

#include "endpoint_access.hpp"
#include "failure.hpp"
#include "host_name.hpp"

#include <weft/detail/wait.hpp>

#include <arpa/nameser.h>
#include <arpa/nameser_compat.h>
#include <netdb.h>
#include <netinet/in.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace weft::detail {

namespace {

constexpr wait_reason looking_up{"DNS look-up", true};

// Once per process: it is not thread-safe in every version of the library.
void start_library() {
    static int const status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status != ARES_SUCCESS) throw_dns_failure(status, "weft::net::resolver");
}

net::dns_error meaning(int status) noexcept {
    switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENONAME: return net::dns_error::host_not_found;
    case ARES_ENODATA: return net::dns_error::no_data;
    case ARES_ETIMEOUT: return net::dns_error::timed_out;
    case ARES_EREFUSED: return net::dns_error::refused;
    case ARES_ECONNREFUSED: return net::dns_error::unreachable;
    case ARES_EBADNAME:
    case ARES_EBADSTR: return net::dns_error::bad_name;
    case ARES_EBADRESP: return net::dns_error::bad_answer;
    default: return net::dns_error::server_failure;
    }
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) all.push_back(text.data());
    return all;
}

std::string list_of(std::vector<net::endpoint> const& servers) {
    std::string list;
    for (net::endpoint const& server : servers) {
        if (!list.empty()) list += ',';
        list += with_port(server, server.port() == 0 ? NAMESERVER_PORT : server.port()).to_string();
    }
    return list;
}

}  // namespace

void throw_dns_failure(int status, std::string const& about) {
    if (status == ARES_ENOMEM) throw std::bad_alloc();
    throw std::system_error(make_error_code(meaning(status)), about);
}

// ---------------------------------------------------------------- the channel

dns_query::dns_query(net::resolver_options const& options) {
    start_library();
    poller_for_new_socket();  // refuses before anything is made
    configure(options);
}

void dns_query::configure(net::resolver_options const& options) {
    char from_servers[] = "b";  // the hosts file is read by the resolver
    std::string configuration = options.configuration;
    std::vector<std::string> search = options.search.value_or(std::vector<std::string>());
    std::vector<char*> domains = pointers(search);

    ares_options chosen{};
    int which = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF;
    chosen.timeout = static_cast<int>(options.timeout.count());
    chosen.tries = static_cast<int>(options.tries);
    chosen.lookups = from_servers;
    chosen.sock_state_cb = &dns_query::want;
    chosen.sock_state_cb_data = this;
    chosen.resolvconf_path = configuration.data();
    if (options.search) {
        which |= ARES_OPT_DOMAINS;
        chosen.domains = domains.data();
        chosen.ndomains = static_cast<int>(domains.size());
    }
    if (options.dots) {
        which |= ARES_OPT_NDOTS;
        chosen.ndots = static_cast<int>(*options.dots);
    }
    int status = ares_init_options(&channel_, &chosen, which);
    if (status != ARES_SUCCESS) throw_dns_failure(status, "weft::net::resolver: \"" + configuration + "\"");
    ares_set_socket_functions(channel_, &socket_functions, this);
    if (!options.servers.empty()) status = ares_set_servers_ports_csv(channel_, list_of(options.servers).c_str());
    if (status == ARES_SUCCESS) return;
    ares_destroy(std::exchange(channel_, nullptr));
    throw_dns_failure(status, "weft::net::resolver: its servers");
}

dns_query::~dns_query() {
    ares_destroy(channel_);  // calls back into this object, which is still whole
}

void dns_query::finish(int status) noexcept {
    status_ = status;
    finished_ = true;
}

void dns_query::fail(std::string const& about) const {
    bool const found_out = status_ == ARES_ENOTFOUND || status_ == ARES_ENODATA;  // by another try
    if (out_of_ != 0 && !found_out) throw std::system_error(out_of_, std::generic_category(), about);
    // Older versions of c-ares say so also when all servers did answer, but with a failure.
    bool const has_answer = status_ == ARES_ECONNREFUSED && code_ != 0;
    throw_dns_failure(!has_answer ? status_ : code_ == ns_r_refused ? ARES_EREFUSED : ARES_ESERVFAIL, about);
}

void dns_query::wait_for_answer(std::string const& about) {
    while (!finished_) serve();
    if (status_ != ARES_SUCCESS) fail("weft::net: looking up \"" + about + "\"");
}

// ---------------------------------------------------------------- sleeping

struct dns_query::interest {
    readiness_source source;
    int to_read;
    int to_write;
};

// Errors: `std::system_error`; the socket is lost then.
void dns_query::watch_new() {
    for (socket& s : sockets_) {
        if (s.watched != nullptr || s.lost || !(s.wants_read || s.wants_write)) continue;
        s.lost = true;  // unless this succeeds
        s.watched = &descriptor::open(s.fd, poller_for_new_socket(), descriptor_kind::socket);
        s.lost = false;
    }
}

std::vector<dns_query::interest> dns_query::interests() const {
    std::vector<interest> all;
    for (socket const& s : sockets_) {
        if (s.wants_read) all.push_back({{s.watched, direction::read}, s.fd, ARES_SOCKET_BAD});
        if (s.wants_write) all.push_back({{s.watched, direction::write}, ARES_SOCKET_BAD, s.fd});
    }
    return all;
}

// One sleep, and what c-ares does after it.
void dns_query::serve() {
    watch_new();
    std::vector<interest> all = interests();
    timeval left{};
    clock::time_point until = clock::time_point::max();
    if (ares_timeout(channel_, nullptr, &left) != nullptr)
        until = clock::now() + std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);

    wait w(looking_up, this);
    if (w.cancelled()) throw_cancelled();
    std::size_t armed = 0;
    while (armed != all.size() && !all[armed].source.arm(w.token(), static_cast<wait_tag>(armed))) ++armed;
    wait_tag chosen = static_cast<wait_tag>(armed);
    if (armed == all.size())
        chosen = w.park_until(until);
    else if (!w.finish())
        chosen = w.park();
    for (std::size_t i = 0; i != armed; ++i) all[i].source.disarm();

    if (chosen == tag_cancelled) throw_cancelled();
    bool const timed_out = chosen == tag_timeout;
    ares_process_fd(channel_, timed_out ? ARES_SOCKET_BAD : all[chosen].to_read,
                    timed_out ? ARES_SOCKET_BAD : all[chosen].to_write);
}

// ---------------------------------------------------------------- the sockets of c-ares

ares_socket_functions const dns_query::socket_functions{&dns_query::open, &dns_query::close, &dns_query::connect,
                                                        &dns_query::receive, &dns_query::send};

dns_query::socket* dns_query::find(int fd) noexcept {
    auto const at = std::find_if(sockets_.begin(), sockets_.end(), [fd](socket const& s) { return s.fd == fd; });
    return at == sockets_.end() ? nullptr : &*at;
}

int dns_query::open(int family, int type, int, void* self) noexcept {
    auto& query = *static_cast<dns_query*>(self);
    call_result const made = calls::make_socket(family, type);
    int const error = made.error;
    switch (error) {
    case 0: break;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: query.out_of_ = error; [[fallthrough]];
    default: errno = error; return ARES_SOCKET_BAD;
    }
    int const fd = static_cast<int>(made.value);
    try {
        query.sockets_.push_back({fd});
    } catch (std::bad_alloc const&) {
        calls::close(fd);
        errno = query.out_of_ = ENOMEM;
        return ARES_SOCKET_BAD;
    }
    return fd;
}

int dns_query::close(int fd, void* self) noexcept {
    auto& query = *static_cast<dns_query*>(self);
    socket* const at = query.find(fd);
    socket const closed = *at;
    query.sockets_.erase(query.sockets_.begin() + (at - query.sockets_.data()));
    if (closed.watched != nullptr)
        closed.watched->release();  // nobody uses it: this waits for nothing
    else if (!closed.lost)
        calls::close(fd);
    return 0;
}

int dns_query::connect(int fd, sockaddr const* to, ares_socklen_t size, void*) noexcept {
    int const done = os().connect(fd, to, size);
    if (done < 0 && errno == EINTR) errno = EINPROGRESS;  // it goes on in the background
    return done;
}

ares_ssize_t dns_query::receive(int fd, void* to, std::size_t bytes, int flags, sockaddr* from, ares_socklen_t* size,
                                void* self) noexcept {
    iovec part{to, bytes};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_name = from;
    message.msg_namelen = size == nullptr ? 0 : *size;
    ssize_t got = 0;
    do got = os().recvmsg(fd, &message, flags);
    while (got < 0 && errno == EINTR);
    if (got >= 0 && size != nullptr) {
        *size = message.msg_namelen;
        constexpr std::size_t place = 3;  // RFC 1035, section 4.1.1
        if (got >= HFIXEDSZ) static_cast<dns_query*>(self)->code_ = static_cast<unsigned char const*>(to)[place] & 0xf;
    }
    return got;
}

ares_ssize_t dns_query::send(int fd, iovec const* parts, int count, void*) noexcept {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts);
    message.msg_iovlen = static_cast<std::size_t>(count);
    ssize_t sent = 0;
    do sent = os().sendmsg(fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent;
}

void dns_query::want(void* self, int fd, int readable, int writable) noexcept {
    socket* const s = static_cast<dns_query*>(self)->find(fd);
    if (s == nullptr) return;
    s->wants_read = readable != 0;
    s->wants_write = writable != 0;
}

// ---------------------------------------------------------------- questions and answers

void dns_query::on_addresses(void* self, int status, int, ares_addrinfo* found) noexcept {
    auto& query = *static_cast<dns_query*>(self);
    query.addresses_.reset(found);
    query.finish(status);
}

void dns_query::on_host(void* self, int status, int, hostent* found) noexcept {
    auto& query = *static_cast<dns_query*>(self);
    try {
        if (found != nullptr) {
            // The first name is repeated among the aliases.
            for (char** alias = found->h_aliases; alias != nullptr && *alias != nullptr; ++alias)
                query.names_.emplace_back(*alias);
            if (query.names_.empty()) query.names_.emplace_back(found->h_name);
        }
    } catch (std::bad_alloc const&) {
        status = ARES_ENOMEM;
    }
    query.finish(status);
}

void dns_query::on_records(void* self, int status, int, unsigned char* answer, int bytes) noexcept {
    auto& query = *static_cast<dns_query*>(self);
    try {
        if (status == ARES_SUCCESS) query.answer_.assign(answer, answer + bytes);
    } catch (std::bad_alloc const&) {
        status = ARES_ENOMEM;
    }
    query.finish(status);
}

dns_query::found_addresses dns_query::look_up(std::string const& name, int family, int flags) {
    ares_addrinfo_hints hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;  // else each address comes once for every kind of socket
    hints.ai_flags = flags;
    ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, &dns_query::on_addresses, this);
    wait_for_answer(name);
    return std::move(addresses_);
}

std::vector<net::endpoint> dns_query::addresses(std::string const& name, int family) {
    found_addresses const found = look_up(name, family, 0);
    std::vector<net::endpoint> all;
    for (ares_addrinfo_node const* n = found->nodes; n != nullptr; n = n->ai_next)
        all.push_back(endpoint_access::make(n->ai_addr, n->ai_addrlen));
    if (all.empty()) throw_dns_failure(ARES_ENODATA, "weft::net: looking up \"" + name + "\"");
    return all;
}

std::string dns_query::canonical_name(std::string const& name) {
    found_addresses const found = look_up(name, AF_UNSPEC, ARES_AI_CANONNAME | ARES_AI_NOSORT);
    std::string last = name;
    for (ares_addrinfo_cname const* c = found->cnames; c != nullptr; c = c->next)
        if (c->name != nullptr) last = c->name;
    return last;
}

std::vector<std::string> dns_query::names(net::endpoint const& address) {
    sockaddr_storage of{};
    std::memcpy(&of, endpoint_access::address(address), endpoint_access::size(address));
    bool const v6 = of.ss_family == AF_INET6;
    auto const* const bytes =
        reinterpret_cast<char const*>(&of) + (v6 ? offsetof(sockaddr_in6, sin6_addr) : offsetof(sockaddr_in, sin_addr));
    ares_gethostbyaddr(channel_, bytes, v6 ? sizeof(in6_addr) : sizeof(in_addr), of.ss_family, &dns_query::on_host,
                       this);
    wait_for_answer(address_text(address));
    return std::move(names_);
}

std::vector<unsigned char> dns_query::records(std::string const& name, int type) {
    ares_search(channel_, name.c_str(), ns_c_in, type, &dns_query::on_records, this);
    wait_for_answer(name);
    return std::move(answer_);
}

}  // namespace weft::detail
