// Look-ups and dialling by name while the system fails, call after call.

#include <weft/dns.hpp>

#include <atomic>
#include <cerrno>
#include <initializer_list>
#include <system_error>
#include <weft/weft.hpp>

#include "dns_server.hpp"
#include "engines.hpp"
#include "sockets.hpp"
#include "support/descriptors.hpp"
#include "support/fixture.hpp"
#include "system_table.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace net = weft::net;

namespace {

// The calls that a look-up or a dial makes, until `calls_left` of them have been made: that one fails.
std::atomic<int> calls_left{0};
std::atomic<int> failure{0};

bool fails() {
    if (calls_left.fetch_sub(1) != 1) return false;
    errno = failure;
    return true;
}
// Of those that a signal does not interrupt.
bool fails_otherwise() { return failure != EINTR && fails(); }

int faulty_connect(int fd, sockaddr const* to, socklen_t size) {
    if (!fails()) return weft::detail::real_system.connect(fd, to, size);
    // One that is interrupted goes on.
    if (failure == EINTR) static_cast<void>(weft::detail::real_system.connect(fd, to, size));
    errno = failure;
    return -1;
}

constexpr weft::detail::system_table make_faulty() {
    using weft::detail::real_system;
    weft::detail::system_table t = real_system;
    t.socket = [](int f, int type, int p) { return fails_otherwise() ? -1 : real_system.socket(f, type, p); };
    t.connect = &faulty_connect;
    t.sendmsg = [](int fd, msghdr const* m, int flags) { return fails() ? -1 : real_system.sendmsg(fd, m, flags); };
    t.recvmsg = [](int fd, msghdr* m, int flags) { return fails() ? -1 : real_system.recvmsg(fd, m, flags); };
    t.epoll_ctl = [](int set, int operation, int fd, epoll_event* wanted) {
        return fails_otherwise() ? -1 : real_system.epoll_ctl(set, operation, fd, wanted);
    };
    t.openat = [](int directory, char const* path, int flags, mode_t mode) {
        return fails() ? -1 : real_system.openat(directory, path, flags, mode);
    };
    t.fstat = [](int fd, struct stat* about) { return fails_otherwise() ? -1 : real_system.fstat(fd, about); };
    t.read = [](int fd, void* to, std::size_t n) { return fails() ? -1 : real_system.read(fd, to, n); };
    return t;
}
constexpr weft::detail::system_table faulty = make_faulty();

// `attempt(ec)` with the first call failing, then the second, and so on until no call is left to fail; then
// it ends well.
template <class Attempt>
void survive(std::size_t before, int error, Attempt const& attempt) {
    failure = error;
    for (int n = 1;; ++n) {
        calls_left = n;
        std::error_code ec;
        attempt(ec);
        bool const failed = calls_left <= 0;
        calls_left = 0;
        INFO("call " << n << ": " << ec.message());
        // The server may still be about to close its end of a connection.
        yield_until([before] { return descriptors_in_use() == before; });
        if (!failed) {
            CHECK_FALSE(ec);
            return;
        }
        if (error == EINTR) CHECK_FALSE(ec);  // an interruption is no failure
    }
}

}  // namespace

TEST_CASE("whichever call of a look-up fails, it ends and leaves nothing", "[dns][C53]") {
    dns_server server;
    server.add("host.test", dns_type::a, rdata_a("127.0.0.1"));
    server.add("large.test", dns_type::a, rdata_a("127.0.0.1"));
    server.truncate("large.test");
    net::resolver_options options = server.options();
    options.tries = 3;  // a question that cannot be sent, or its answer not read, is asked again at once
    options.hosts_file = "/etc/hosts";
    net::resolver const names(options);
    installed const with_faults(faulty);
    in_fibers([&] {
        std::size_t const before = descriptors_in_use();
        for (int const error : {EINTR, ENOMEM, EMFILE, ENOBUFS}) {
            INFO(error);
            survive(before, error, [&](std::error_code& ec) { names.lookup("host.test", 0, ec); });
            survive(before, error, [&](std::error_code& ec) { names.lookup("large.test", 0, ec); });
        }
    });
}

TEST_CASE("whichever call of a dial by name fails, it ends and leaves nothing", "[dial][dns][C53]") {
    dns_server server;
    server.add("host.test", dns_type::a, rdata_a("127.0.0.1"));
    net::dial_options options;
    net::resolver_options asking = server.options();
    asking.tries = 3;
    options.names = net::resolver(asking);
    installed const with_faults(faulty);
    in_fibers([&] {
        auto listener = net::listen("127.0.0.1:0");
        std::string const name = "host.test:" + std::to_string(listener.local().port());
        std::size_t const before = descriptors_in_use();
        for (int const error : {EINTR, ENOMEM, EMFILE}) {
            INFO(error);
            survive(before, error, [&](std::error_code& ec) { net::dial(name, options, ec).close(); });
        }
    });
}
