// Accepting when the process has no descriptors left. In processes of their own, because the limit is the process's.

#include <sys/resource.h>

#include <cerrno>
#include <ctime>
#include <string>
#include <vector>
#include <weft/unix.hpp>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/child.hpp"
#include "support/descriptors.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace net = weft::net;

namespace {

void limit_descriptors(int most) {
    rlimit const limit{static_cast<rlim_t>(most), 4096};
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

double processor_seconds() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

// Compared as numbers: the undefined-behaviour sanitizer needs a descriptor to check a virtual call.
int value_of(std::error_code const& ec) { return ec.value(); }

int shed_what_arrives() {
    return weft::run([] {
        auto listener = net::listen("127.0.0.1:0", {.shed_when_full = true});
        std::vector<net::tcp_stream> callers;
        for (int i = 0; i != 5; ++i) callers.push_back(net::dial(listener.local()));
        auto served = weft::spawn([&] { return listener.accept(); });
        net::tcp_stream first = served.join();
        limit_descriptors(first.native_handle() + 1);
        auto accepting = weft::spawn([&] { return listener.accept(); });
        std::byte byte[1];
        std::error_code ec;
        // All but the first see the end, and nobody has to give up a descriptor for that.
        for (std::size_t i = 1; i != callers.size(); ++i)
            if (callers[i].read_some(byte, ec) != 0 || value_of(ec) != 0) return 1;
        if (!first.is_open() || callers[0].write_some(weft::as_bytes("x"), ec) != 1) return 2;
        limit_descriptors(4096);
        auto next = net::dial(listener.local());
        auto accepted = accepting.join();
        next.write_all(weft::as_bytes("served again"));
        return receive(accepted) == "served again" ? 0 : 3;
    });
}

int accept_in_a_loop() {
    return weft::run([] {
        auto listener = net::listen("127.0.0.1:0");
        auto waiting = net::dial(listener.local());
        limit_descriptors(waiting.native_handle() + 1);
        double const before = processor_seconds();
        auto const end = weft::clock::now() + 300ms;
        int calls = 0;
        std::error_code ec;
        for (; weft::clock::now() < end; ++calls) {
            listener.accept(ec);
            if (value_of(ec) != EMFILE) return 1;
        }
        if (calls > 20) return 2;
        if (processor_seconds() - before > 0.15) return 3;

        // The pause of accept ends with whatever else ends a wait.
        auto cancelled = weft::spawn([&] {
            std::error_code why;
            while (listener.accept(why), value_of(why) == EMFILE) {}
            return value_of(why);
        });
        until_parked(1);
        cancelled.cancel();
        if (cancelled.join() != ECANCELED) return 4;
        auto closed = weft::spawn([&] {
            std::error_code why;
            while (listener.accept(why), value_of(why) == EMFILE) {}
            return value_of(why);
        });
        until_parked(1);
        listener.close();
        return closed.join() == ECANCELED ? 0 : 5;
    });
}

int shed_on_a_unix_socket() {
    return weft::run([] {
        auto listener = net::listen_unix("@weft shed " + std::to_string(::getpid()), {.shed_when_full = true});
        auto caller = net::dial_unix(listener.local().to_string());
        limit_descriptors(caller.native_handle() + 1);
        auto accepting = weft::spawn([&] {
            std::error_code ec;
            listener.accept(ec);
            return value_of(ec);
        });
        std::byte byte[1];
        if (caller.read_some(byte) != 0) return 1;
        listener.close();
        return accepting.join() == ECANCELED ? 0 : 2;
    });
}

child const shedding{"shed what arrives", shed_what_arrives};
child const looping{"accept in a loop", accept_in_a_loop};
child const shedding_locally{"shed on a unix socket", shed_on_a_unix_socket};

void check(child const& c) {
    auto const end = c.run();
    INFO(end.err);
    CHECK_FALSE(end.timed_out);
    CHECK(end.exit_status == 0);
}

}  // namespace

TEST_CASE("a listener with a reserve sheds what it cannot accept", "[net][C53]") {
    check(shedding);
    check(shedding_locally);
}

TEST_CASE("accepting in a loop without descriptors burns no processor", "[net][C53]") { check(looping); }

TEST_CASE("a reserve is one descriptor, and goes with its listener", "[net]") {
    in_fibers([] {
        { auto warm = net::listen("127.0.0.1:0"); }
        std::size_t const before = descriptors_in_use();
        {
            auto plain = net::listen("127.0.0.1:0");
            std::size_t const without = descriptors_in_use();
            auto with = net::listen("127.0.0.1:0", {.shed_when_full = true});
            CHECK(descriptors_in_use() == without + 2);
            auto moved = std::move(with);
            moved.close();
            CHECK(descriptors_in_use() == without);
        }
        CHECK(descriptors_in_use() == before);
    });
}
