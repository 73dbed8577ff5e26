// The least that the machine allows: a loop over epoll in each thread, each with a listener of its own on the shared port, and no
// abstraction at all. What weft and Go are measured against by benchmarks/io.
//
//     weft_serve_bare tcp|udp WORKERS            serves
//     weft_serve_bare file WORKERS FILE SECONDS  reads blocks of the file by pread in threads
#include "file_blocks.hpp"
#include "server_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using serving::fail;

constexpr int one = 1;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

// A socket at `port`, which is chosen if it is 0.
int bound(int type, std::uint16_t& port) {
    int const fd = ::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(port);
    socklen_t size = sizeof address;
    if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0 ||
        ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        fail("bind");
    port = ntohs(address.sin_port);
    return fd;
}

void watch(int epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

void accept_all(int epoll, int listener) {
    for (int fd; (fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(epoll, fd);
    }
    if (errno != EAGAIN && errno != ECONNABORTED) fail("accept");
}

void echo(int fd) {
    std::array<char, serving::buffer_bytes> buffer;
    ssize_t const got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got > 0) {
        // Clients wait for each answer, so there is room for it.
        if (::send(fd, buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) != got && errno != EPIPE &&
            errno != ECONNRESET)
            fail("send");
    } else if (got == 0 || errno != EAGAIN) {
        ::close(fd);
    }
}

void serve_tcp(int listener) {
    if (::listen(listener, 4096) != 0) fail("listen");
    int const epoll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener);
    for (std::array<epoll_event, 256> events;;) {
        int const ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            if (int const fd = events[static_cast<std::size_t>(i)].data.fd; fd == listener)
                accept_all(epoll, listener);
            else
                echo(fd);
        }
    }
}

void serve_udp(int fd) {
    int const epoll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, fd);
    std::array<char, serving::buffer_bytes> buffer;
    for (;;) {
        sockaddr_in from{};
        socklen_t size = sizeof from;
        ssize_t const got = ::recvfrom(fd, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (got >= 0) {
            ::sendto(fd, buffer.data(), static_cast<std::size_t>(got), 0, reinterpret_cast<sockaddr*>(&from), size);
        } else if (errno == EAGAIN) {
            epoll_event event;
            ::epoll_wait(epoll, &event, 1, -1);
        }
    }
}

void serve(std::string_view service, unsigned workers) {
    bool const tcp = service == "tcp";
    std::uint16_t port = 0;
    for (unsigned i = 0; i != workers; ++i)
        std::thread(tcp ? serve_tcp : serve_udp, bound(tcp ? SOCK_STREAM : SOCK_DGRAM, port)).detach();
    serving::announce(port);
    serving::wait_for_end_of_input();
    ::_exit(0);
}

void read_file(char const* path, double seconds) {
    int const fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(path);
    std::atomic<std::uint64_t> reads{0};  // relaxed: only counted
    std::atomic<bool> stop{false};        // relaxed: the threads are joined
    std::vector<std::thread> readers;
    for (unsigned reader = 0; reader != serving::file_readers; ++reader)
        readers.emplace_back([&, reader] {
            serving::block_sequence blocks(reader);
            std::array<char, serving::block_bytes> buffer;
            while (!stop.load(std::memory_order_relaxed)) {
                std::uint64_t const block = blocks.next();
                if (::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(block * buffer.size())) !=
                        static_cast<ssize_t>(buffer.size()) ||
                    !serving::is_block(buffer.data(), block))
                    fail("pread");
                reads.fetch_add(1, std::memory_order_relaxed);
            }
        });
    serving::measure_reads(seconds, reads).print();
    stop.store(true, std::memory_order_relaxed);
    for (auto& reader : readers) reader.join();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 5 && std::string_view(argv[1]) == "file") {
        read_file(argv[3], std::atof(argv[4]));
    } else if (argc == 3 && (std::string_view(argv[1]) == "tcp" || std::string_view(argv[1]) == "udp")) {
        serve(argv[1], static_cast<unsigned>(std::atoi(argv[2])));
    } else {
        std::puts("absent");
    }
}
