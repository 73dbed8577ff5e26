// Many connections at a time and many more one after another, for minutes: memory and descriptors must stay flat.
//
//     weft_soak IDLE SECONDS [CHURNING]
//
// A server holds IDLE connections that say nothing, while CHURNING fibers (default 64) of a second process connect, send 64
// bytes, read them back and close, again and again, for SECONDS. Once per second the server's resident memory and open
// descriptors are printed. It ends with 1 if anything grew: the memory of the second half of the time over that of the
// first by more than a twentieth and a mebibyte, or the descriptors, once all connections are gone, over what they were before
// the first.
#include "workloads/process_memory.hpp"

#include <weft/weft.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

using namespace std::chrono_literals;

namespace {

struct plan {
    unsigned idle = 0;
    unsigned churning = 64;
    std::chrono::seconds time{};
};

[[noreturn]] void fail(std::string const& what) {
    std::fprintf(stderr, "weft_soak: %s\n", what.c_str());
    std::exit(2);  // NOLINT(concurrency-mt-unsafe): before the runtime, or with nothing left to do
}

unsigned number(char const* text) {
    char* end = nullptr;
    unsigned long const value = std::strtoul(text, &end, 10);
    if (end == text || *end != '\0' || value > 1'000'000) fail("usage: weft_soak IDLE SECONDS [CHURNING]");
    return static_cast<unsigned>(value);
}

void raise_descriptor_limit(plan const& p) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    rlim_t const needed = rlim_t{p.idle} + 2 * p.churning + 64;
    if (limit.rlim_max < needed)
        fail("this needs " + std::to_string(needed) + " descriptors, and the limit is " +
             std::to_string(limit.rlim_max));
}

std::size_t open_descriptors() {
    auto const entries = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries))) - 1;  // without the iterator's own
}

// A port of one address serves about 28,000 connections at a time, those that have just ended included: so there are several.
std::string address(std::uint16_t port, unsigned i) {
    return "127.0.0." + std::to_string(1 + i % 100) + ":" + std::to_string(port);
}

constexpr std::size_t message_bytes = 64;

void echo(weft::net::tcp_stream stream) {
    std::array<std::byte, message_bytes> buffer;
    std::error_code ec;
    while (std::size_t const n = stream.read_some(buffer, ec)) stream.write_all(std::span(buffer).first(n), ec);
}

// ---- the second process

void connect_again_and_again(std::uint16_t port, unsigned first, weft::clock::time_point until,
                             std::atomic<std::uint64_t>& wrong) {
    std::array<std::byte, message_bytes> sent{};
    std::array<std::byte, message_bytes> answer{};
    for (unsigned i = first; weft::clock::now() < until; ++i) {
        auto stream = weft::net::dial(address(port, i));
        sent.fill(static_cast<std::byte>(i));
        stream.write_all(sent);
        if (stream.read_exact(answer) != message_bytes || answer != sent) ++wrong;
    }
}

int run_clients(plan const& p, std::uint16_t port) {
    std::atomic<std::uint64_t> wrong{0};
    weft::run([&] {
        std::vector<weft::net::tcp_stream> idle;
        for (unsigned i = 0; i != p.idle; ++i) idle.push_back(weft::net::dial(address(port, i)));
        auto const until = weft::clock::now() + p.time;
        weft::task_group churn;
        for (unsigned c = 0; c != p.churning; ++c) churn.go([&, c] { connect_again_and_again(port, c, until, wrong); });
        churn.wait();
    });
    return wrong == 0 ? 0 : 1;
}

// ---- the server

struct sample {
    double resident_bytes;
    std::size_t descriptors;
};

sample look() { return {workloads::process_memory::now().resident_bytes, open_descriptors()}; }

class server {
public:
    explicit server(plan const& p) : plan_(p) {}

    bool run(int port_to) {
        listener_ = weft::net::listen("0.0.0.0:0");
        auto accepting = weft::spawn([this] { accept_all(); });
        sample const before = look();
        std::uint16_t const port = listener_.local().port();
        if (::write(port_to, &port, sizeof port) != sizeof port) fail("cannot tell the port");

        while (open_ < plan_.idle) weft::this_fiber::sleep_for(10ms);
        sample const all_idle = look();
        std::printf("%u idle connections: %.0f bytes resident each\n", plan_.idle,
                    (all_idle.resident_bytes - before.resident_bytes) / std::max(1U, plan_.idle));

        std::vector<sample> const samples = watch();
        while (open_ != 0) weft::this_fiber::sleep_for(10ms);
        listener_.close();
        accepting.join();
        return is_flat(samples) && nothing_left(before);
    }

private:
    void accept_all() {
        std::error_code closed;
        for (;;) {
            auto stream = listener_.accept(closed);
            if (closed) return;
            ++open_;
            ++accepted_;
            weft::go([this, s = std::move(stream)]() mutable {
                echo(std::move(s));
                --open_;
            });
        }
    }

    // Until the clients begin to close the idle connections.
    std::vector<sample> watch() {
        std::vector<sample> samples;
        std::uint64_t accepted_before = accepted_;
        for (auto second = 1s; second < plan_.time; ++second) {
            weft::this_fiber::sleep_for(1s);
            samples.push_back(look());
            std::uint64_t const accepted = accepted_;
            std::printf("%4lld s  %8.1f MiB  %6zu descriptors  %7llu connections/s\n",
                        static_cast<long long>(second.count()), samples.back().resident_bytes / 1024 / 1024,
                        samples.back().descriptors, static_cast<unsigned long long>(accepted - accepted_before));
            std::fflush(stdout);
            accepted_before = accepted;
        }
        return samples;
    }

    static bool is_flat(std::vector<sample> const& samples) {
        auto const by_memory = [](sample const& a, sample const& b) { return a.resident_bytes < b.resident_bytes; };
        auto const middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
        if (middle == samples.begin()) fail("SECONDS is too short to compare two halves");
        double const first = std::max_element(samples.begin(), middle, by_memory)->resident_bytes;
        double const second = std::max_element(middle, samples.end(), by_memory)->resident_bytes;
        constexpr double mebibyte = 1024 * 1024;
        bool const flat = second <= first * 1.05 + mebibyte;
        std::printf("memory, first half / second half: %.1f / %.1f MiB: %s\n", first / mebibyte, second / mebibyte,
                    flat ? "flat" : "GREW");
        return flat;
    }

    static bool nothing_left(sample const& before) {
        std::size_t const now = open_descriptors();
        std::printf("descriptors, before / after: %zu / %zu\n", before.descriptors, now + 1);  // the listener's
        return now + 1 <= before.descriptors;
    }

    plan const plan_;
    weft::net::tcp_listener listener_;
    std::atomic<std::uint64_t> open_{0};
    std::atomic<std::uint64_t> accepted_{0};
};

std::uint16_t read_port(int from) {
    std::uint16_t port = 0;
    if (::read(from, &port, sizeof port) != sizeof port) fail("the server did not start");
    return port;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3 || argc > 4) fail("usage: weft_soak IDLE SECONDS [CHURNING]");
    plan p;
    p.idle = number(argv[1]);
    p.time = std::chrono::seconds(number(argv[2]));
    if (argc == 4) p.churning = number(argv[3]);
    raise_descriptor_limit(p);

    int ports[2];
    if (::pipe(ports) != 0) fail("no pipe");
    pid_t const clients = ::fork();  // before there is a runtime, whose threads a child would not have
    if (clients < 0) fail("cannot fork");
    if (clients == 0) {
        ::close(ports[1]);
        return run_clients(p, read_port(ports[0]));
    }
    ::close(ports[0]);

    weft::runtime_options options = weft::runtime_options::io_heavy();
    server s(p);
    bool const flat = weft::run([&] { return s.run(ports[1]); }, options);
    int how = 0;
    ::waitpid(clients, &how, 0);
    bool const answered = WIFEXITED(how) && WEXITSTATUS(how) == 0;
    if (!answered) std::printf("the clients FAILED\n");
    return flat && answered ? 0 : 1;
}
