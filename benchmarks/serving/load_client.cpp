#include "load_client.hpp"

#include "server_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace serving {

namespace {

constexpr int one = 1;

sockaddr_in loopback(std::uint32_t last, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl((127U << 24) + last);
    address.sin_port = htons(port);
    return address;
}

SSL_CTX* session_settings() {
    static SSL_CTX* const settings = [] {
        SSL_CTX* const made = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION);
        // The server's certificate was made for this run; it is the load that is measured.
        SSL_CTX_set_verify(made, SSL_VERIFY_NONE, nullptr);
        return made;
    }();
    return settings;
}

}  // namespace

kind_of_client kind_named(std::string_view name) {
    if (name == "udp") return kind_of_client::udp;
    if (name == "connect") return kind_of_client::connect;
    if (name == "tls") return kind_of_client::tls;
    return kind_of_client::tcp;
}

void client::end_session::operator()(ssl_st* session) const { SSL_free(session); }

client::client(kind_of_client kind, std::uint16_t port, std::size_t index, std::size_t bytes)
    : kind_(kind),
      port_(port),
      index_(index),
      message_(std::max(bytes, sizeof answered_), 'm'),
      answer_(message_.size(), '\0') {}

client::~client() {
    session_.reset();
    if (fd_ >= 0) ::close(fd_);
}

void client::begin(int epoll) {
    open(epoll);
    if (kind_ != kind_of_client::connect) send();
}

void client::open(int epoll) {
    bool const waits = kind_ == kind_of_client::connect;  // whereas the others stand before the measurement begins
    int const type = kind_ == kind_of_client::udp ? SOCK_DGRAM : SOCK_STREAM;
    fd_ = ::socket(AF_INET, type | SOCK_CLOEXEC | (waits ? SOCK_NONBLOCK : 0), 0);
    if (fd_ < 0) fail("socket");
    if (type == SOCK_STREAM) ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (waits) {
        // A closed connection keeps its port for a minute: there are as many ports as there are addresses to call from.
        static std::uint32_t calls = 0;
        sockaddr_in const from = loopback(2 + ++calls % 250, 0);
        ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (::bind(fd_, reinterpret_cast<sockaddr const*>(&from), sizeof from) != 0) fail("bind");
    }
    sockaddr_in const server = loopback(1, port_);
    if (::connect(fd_, reinterpret_cast<sockaddr const*>(&server), sizeof server) != 0 && errno != EINPROGRESS)
        fail("connect");
    if (kind_ == kind_of_client::tls) open_session();
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);

    epoll_event event{};
    event.events = waits ? EPOLLIN | EPOLLOUT | EPOLLET : EPOLLIN;
    event.data.ptr = this;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd_, &event) != 0) fail("epoll_ctl");
    sent_ = false;
}

void client::open_session() {
    session_.reset(SSL_new(session_settings()));
    if (SSL_set_fd(session_.get(), fd_) != 1 || SSL_connect(session_.get()) != 1) fail("TLS handshake");
}

void client::send() {
    std::uint64_t const number = answered_ + (std::uint64_t{index_} << 40);
    std::memcpy(message_.data(), &number, sizeof number);
    received_ = 0;
    sent_ = true;
    // There is room: everything that was sent before has come back.
    ssize_t const sent = session_ ? SSL_write(session_.get(), message_.data(), static_cast<int>(message_.size()))
                                  : ::send(fd_, message_.data(), message_.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(message_.size())) fail("send");
}

// Like recv; 0 if there is nothing, because here the end of the stream is an error.
ssize_t client::receive(char* to, std::size_t bytes) {
    if (session_) {
        int const got = SSL_read(session_.get(), to, static_cast<int>(bytes));
        if (got <= 0 && SSL_get_error(session_.get(), got) != SSL_ERROR_WANT_READ) fail("TLS read");
        return std::max(got, 0);
    }
    ssize_t const got = ::recv(fd_, to, bytes, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) fail("receive");
    return std::max<ssize_t>(got, 0);
}

bool client::is_answered() {
    while (received_ != answer_.size()) {
        ssize_t const got = receive(answer_.data() + received_, answer_.size() - received_);
        if (got == 0) return false;
        received_ += static_cast<std::size_t>(got);
        if (!session_ && received_ != answer_.size()) return false;  // epoll will say when there is more
    }
    if (answer_ != message_) {
        std::fprintf(stderr, "a wrong answer\n");
        std::exit(1);  // NOLINT(concurrency-mt-unsafe)
    }
    ++answered_;
    return true;
}

void client::handle_once(int, std::uint32_t events) {
    if ((events & EPOLLIN) != 0) is_answered();
}

unsigned client::handle(int epoll, std::uint32_t events) {
    if (kind_ != kind_of_client::connect) {
        if (!is_answered()) return 0;
        send();
        return 1;
    }
    if (!sent_) {
        if ((events & EPOLLOUT) == 0) return 0;
        send();  // which also says if the connection was refused
    }
    if ((events & EPOLLIN) == 0 || !is_answered()) return 0;
    ::close(fd_);
    open(epoll);
    return 1;
}

}  // namespace serving
