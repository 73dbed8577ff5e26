// The load generator of benchmarks/io, the same for every server: one thread, one epoll set, a fixed number of clients
// of which each sends a message, waits for all of the answer, compares it, and begins again.
//
//     weft_serve_load tcp|udp|connect|tls PORT SERVER-PID CLIENTS BYTES SECONDS prints "requests seconds server-processor-seconds"
//     weft_serve_load idle PORT SERVER-PID CLIENTS BYTES 0                        prints the server's resident bytes per connection
//
// `connect` opens a connection for each message and closes it. An answer that is wrong, or fails to come, ends the program with 1.
#include "load_client.hpp"
#include "server_process.hpp"

#include <sys/epoll.h>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string_view>
#include <thread>

namespace {

using namespace std::chrono_literals;
using serving::client;
using steady = std::chrono::steady_clock;

struct load {
    serving::kind_of_client kind;
    std::uint16_t port;
    pid_t server;
    std::size_t clients;
    std::size_t bytes;
    double seconds;
};

// Until `until`; returns how many requests were answered.
std::uint64_t keep_busy(int epoll, steady::time_point until) {
    std::uint64_t answered = 0;
    std::array<epoll_event, 256> events;
    while (steady::now() < until) {
        int const ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 2000);
        if (ready == 0) {
            std::fprintf(stderr, "no answer for 2 seconds\n");
            std::exit(1);  // NOLINT(concurrency-mt-unsafe)
        }
        for (int i = 0; i < ready; ++i) {
            epoll_event const& event = events[static_cast<std::size_t>(i)];
            answered += static_cast<client*>(event.data.ptr)->handle(epoll, event.events);
        }
    }
    return answered;
}

std::chrono::nanoseconds length(double seconds) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

void measure_requests(load const& what) {
    int const epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::deque<client> clients;
    for (std::size_t i = 0; i != what.clients; ++i)
        clients.emplace_back(what.kind, what.port, i, what.bytes).begin(epoll);
    keep_busy(epoll, steady::now() + length(what.seconds / 5));
    serving::stopwatch watch(what.server);
    watch.begin(0);
    std::uint64_t const answered = keep_busy(epoll, steady::now() + length(what.seconds));
    watch.end(answered).print();
}

// A hundred connections first: what a server needs once is not counted.
void measure_idle(load const& what) {
    int const epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::deque<client> clients;
    double before = 0;
    for (std::size_t i = 0; i != what.clients + 100; ++i) {
        if (i == 100) before = serving::resident_bytes(what.server);
        client& added = clients.emplace_back(what.kind, what.port, i, what.bytes);
        added.begin(epoll);
        for (epoll_event event{}; added.answered() == 0;) {
            if (::epoll_wait(epoll, &event, 1, 2000) != 1) serving::fail("no answer");
            added.handle_once(epoll, event.events);
        }
    }
    std::this_thread::sleep_for(200ms);
    std::printf("%.0f\n", (serving::resident_bytes(what.server) - before) / static_cast<double>(what.clients));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 7) {
        std::fprintf(stderr, "usage: %s tcp|udp|connect|tls|idle PORT SERVER-PID CLIENTS BYTES SECONDS\n", argv[0]);
        return 2;
    }
    std::string_view const kind = argv[1];
    load const what{serving::kind_named(kind),
                    static_cast<std::uint16_t>(std::atoi(argv[2])),
                    std::atoi(argv[3]),
                    static_cast<std::size_t>(std::atoi(argv[4])),
                    static_cast<std::size_t>(std::atoi(argv[5])),
                    std::atof(argv[6])};
    if (kind == "idle")
        measure_idle(what);
    else
        measure_requests(what);
}
