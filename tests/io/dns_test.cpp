// Names and what belongs to them, asked of a server of our own.

#include <weft/dns.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "dns_server.hpp"
#include "sockets.hpp"
#include "support/descriptors.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace net = weft::net;

namespace {

std::set<std::string> texts(std::vector<net::endpoint> const& addresses) {
    std::set<std::string> all;
    for (net::endpoint const& one : addresses) all.insert(one.to_string());
    return all;
}

std::error_code error_of(net::resolver const& names, std::string const& host) {
    std::error_code ec;
    CHECK(names.lookup(host, 0, ec).empty());
    return ec;
}

// A file of the test's own, gone at its end.
class text_file {
public:
    explicit text_file(std::string const& text)
        : path_((std::filesystem::temp_directory_path() / ("weft_dns_" + std::to_string(::getpid()))).string()) {
        write(text);
    }
    ~text_file() { std::filesystem::remove(path_); }
    text_file(text_file const&) = delete;

    void write(std::string const& text) const { std::ofstream(path_) << text; }
    std::string const& path() const { return path_; }

private:
    std::string path_;
};

}  // namespace

TEST_CASE("the addresses of both families are found, with the port that was asked for", "[dns]") {
    dns_server server;
    server.add("both.test", dns_type::a, rdata_a("127.0.0.7"));
    server.add("both.test", dns_type::a, rdata_a("127.0.0.8"));
    server.add("both.test", dns_type::aaaa, rdata_aaaa("::1"));
    server.add("four.test", dns_type::a, rdata_a("127.0.0.9"));
    server.add("six.test", dns_type::aaaa, rdata_aaaa("2001:db8::1"));
    net::resolver const names(server.options());
    in_fibers([&] {
        CHECK(texts(names.lookup("both.test", 80)) ==
              std::set<std::string>{"127.0.0.7:80", "127.0.0.8:80", "[::1]:80"});
        CHECK(texts(names.lookup("four.test")) == std::set<std::string>{"127.0.0.9:0"});
        CHECK(texts(names.lookup("six.test", 1)) == std::set<std::string>{"[2001:db8::1]:1"});
        CHECK(texts(names.lookup("FOUR.test.", 2)) == std::set<std::string>{"127.0.0.9:2"});
    });
}

TEST_CASE("an alias leads to the addresses, and to the name at its end", "[dns]") {
    dns_server server;
    for (dns_type const asked : {dns_type::a, dns_type::aaaa}) {
        server.add("alias.test", asked, "", dns_type::cname, rdata_name("middle.test"));
        server.add("alias.test", asked, "middle.test", dns_type::cname, rdata_name("end.test"));
    }
    server.add("alias.test", dns_type::a, "end.test", dns_type::a, rdata_a("127.0.0.3"));
    server.add("end.test", dns_type::a, rdata_a("127.0.0.3"));
    net::resolver const names(server.options());
    in_fibers([&] {
        CHECK(texts(names.lookup("alias.test")) == std::set<std::string>{"127.0.0.3:0"});
        CHECK(names.lookup_cname("alias.test") == "end.test");
        CHECK(names.lookup_cname("end.test") == "end.test");
    });
}

TEST_CASE("numeric addresses, localhost and the hosts file need no server", "[dns]") {
    dns_server server;
    text_file const hosts("# comment\n10.0.0.1 here HERE.example # more\n::5 here\n\nnonsense line\n10.0.0.2 other\n");
    net::resolver_options options = server.options();
    options.hosts_file = hosts.path();
    with_workers([&](weft::runtime_options chosen) {
        net::resolver const names(options);
        hosts.write("# comment\n10.0.0.1 here HERE.example # more\n::5 here\n\nnonsense line\n10.0.0.2 other\n");
        weft::run(
            [&] {
                CHECK(texts(names.lookup("127.0.0.1", 9)) == std::set<std::string>{"127.0.0.1:9"});
                CHECK(texts(names.lookup("::1", 9)) == std::set<std::string>{"[::1]:9"});
                CHECK(texts(names.lookup("localhost", 9)) == std::set<std::string>{"127.0.0.1:9", "[::1]:9"});
                CHECK(texts(names.lookup("a.LocalHost.", 9)) == std::set<std::string>{"127.0.0.1:9", "[::1]:9"});
                CHECK(texts(names.lookup("Here", 1)) == std::set<std::string>{"10.0.0.1:1", "[::5]:1"});
                CHECK(texts(names.lookup("here.example.", 1)) == std::set<std::string>{"10.0.0.1:1"});
                CHECK(names.lookup_names(net::endpoint::parse("10.0.0.1:80")) ==
                      std::vector<std::string>{"here", "HERE.example"});
                hosts.write("10.0.0.77 here\n");  // read again
                CHECK(texts(names.lookup("here", 1)) == std::set<std::string>{"10.0.0.77:1"});
                CHECK(server.questions() == 0);
            },
            chosen);
        // Nor do they need a runtime.
        CHECK(texts(names.lookup("here", 1)) == std::set<std::string>{"10.0.0.77:1"});
        CHECK_THROWS_AS(names.lookup("elsewhere"), weft::runtime_stopped);
    });
}

TEST_CASE("what a resolver cannot find out, it says", "[dns]") {
    dns_server server;
    server.add("text.test", dns_type::txt, rdata_txt({"no address"}));
    server.fail("broken.test", 2);
    server.fail("refused.test", 5);
    net::resolver const names(server.options());
    in_fibers([&] {
        CHECK(error_of(names, "nowhere.test") == net::dns_error::host_not_found);
        CHECK(error_of(names, "text.test") == net::dns_error::no_data);
        CHECK(error_of(names, "broken.test") == net::dns_error::server_failure);
        CHECK(error_of(names, "refused.test") == net::dns_error::refused);
        for (std::string const bad : {"", ".", "a..b", "two words", "na\xc3\xafve.test", "a/b", "1:2", ".a"})
            CHECK(error_of(names, bad) == net::dns_error::bad_name);
        CHECK(error_of(names, std::string(64, 'a') + ".test") == net::dns_error::bad_name);
        CHECK(error_of(names, std::string("zero\0byte", 9)) == std::errc::invalid_argument);
        try {
            names.lookup("nowhere.test");
            CHECK(false);
        } catch (std::system_error const& e) {
            CHECK(std::string(e.what()) == "weft::net: looking up \"nowhere.test\": host not found");
        }
    });
}

TEST_CASE("a server that is silent, gone, or talks nonsense", "[dns]") {
    dns_server server;
    server.drop("silent.test", dns_type::a);
    server.drop("silent.test", dns_type::aaaa);
    server.garble("nonsense.test");
    net::resolver_options options = server.options();
    options.timeout = 20ms;
    options.tries = 2;
    net::resolver const impatient(options);
    options.servers = {net::endpoint::parse("127.0.0.1:1")};  // a port that the system gives to nobody who asks for any
    net::resolver const nobody(options);
    in_fibers([&] {
        int const before = server.questions("silent.test", dns_type::a);
        CHECK(error_of(impatient, "silent.test") == std::errc::timed_out);
        CHECK(error_of(impatient, "silent.test") == net::dns_error::timed_out);
        // Whoever gives up does not wait for the server to have read the question.
        yield_until([&] { return server.questions("silent.test", dns_type::a) >= before + 4; });
        CHECK(server.questions("silent.test", dns_type::a) == before + 4);
        CHECK(error_of(nobody, "anything.test") == net::dns_error::unreachable);
        CHECK(error_of(nobody, "anything.test") == std::errc::host_unreachable);
        CHECK(error_of(impatient, "nonsense.test"));
    });
}

TEST_CASE("a question that got lost is asked again, and the next server is asked", "[dns]") {
    dns_server first;
    dns_server second;
    first.add("lost.test", dns_type::a, rdata_a("127.0.0.2"));
    first.fail("elsewhere.test", 2);
    second.add("elsewhere.test", dns_type::a, rdata_a("127.0.0.4"));
    net::resolver_options options = first.options();
    options.timeout = 20ms;
    options.tries = 8;  // a slow machine may lose more than the test does
    net::resolver const once(options);
    options.servers.push_back(second.at());
    net::resolver const both(options);
    in_fibers([&] {
        first.drop("lost.test", dns_type::a, 1);
        int const before = first.questions("lost.test", dns_type::a);
        CHECK(texts(once.lookup("lost.test")) == std::set<std::string>{"127.0.0.2:0"});
        CHECK(first.questions("lost.test", dns_type::a) >= before + 2);
        CHECK(texts(both.lookup("elsewhere.test")) == std::set<std::string>{"127.0.0.4:0"});
    });
}

TEST_CASE("an answer that does not fit is asked for over TCP", "[dns]") {
    in_fibers([] {
        dns_server server;  // gone at the end, with its end of the connection
        std::set<std::string> expected;
        for (int i = 0; i != 100; ++i) {
            std::string const address = "127.0.1." + std::to_string(i);
            server.add("large.test", dns_type::a, rdata_a(address.c_str()));
            expected.insert(address + ":0");
        }
        server.truncate("large.test");
        net::resolver const names(server.options());
        CHECK(texts(names.lookup("large.test")) == expected);
        CHECK(server.questions_over_tcp() == 2);
    });
}

TEST_CASE("short names are looked for in the search domains", "[dns]") {
    dns_server server;
    server.add("host.second.test", dns_type::a, rdata_a("127.0.0.5"));
    server.add("host.other.test", dns_type::a, rdata_a("127.0.0.6"));
    server.add("a.host", dns_type::a, rdata_a("127.0.0.7"));
    server.add("a.host.second.test", dns_type::a, rdata_a("127.0.0.8"));
    net::resolver_options options = server.options();
    options.search = {"first.test", "second.test"};
    net::resolver const names(options);
    options.dots = 2;
    net::resolver const more_dots(options);
    options.search.reset();
    text_file const configuration("search other.test\n");
    options.configuration = configuration.path();
    net::resolver const configured(options);
    in_fibers([&] {
        CHECK(texts(names.lookup("host")) == std::set<std::string>{"127.0.0.5:0"});
        CHECK(error_of(names, "host.") == net::dns_error::host_not_found);
        CHECK(texts(names.lookup("a.host")) == std::set<std::string>{"127.0.0.7:0"});
        CHECK(texts(more_dots.lookup("a.host")) == std::set<std::string>{"127.0.0.8:0"});
        configuration.write("search other.test\n");
        CHECK(texts(configured.lookup("host")) == std::set<std::string>{"127.0.0.6:0"});
        configuration.write("search second.test\n");
        CHECK(texts(configured.lookup("host")) == std::set<std::string>{"127.0.0.5:0"});
    });
}

TEST_CASE("a cancelled question is over at once, with its sockets", "[dns][cancel]") {
    dns_server server;
    server.drop("silent.test", dns_type::a);
    server.drop("silent.test", dns_type::aaaa);
    net::resolver_options options = server.options();
    options.timeout = 1h;
    net::resolver const names(options);
    in_fibers([&] {
        std::size_t const before = descriptors_in_use();
        auto asking = weft::spawn([&] { names.lookup("silent.test"); });
        until_parked(1);
        asking.cancel();
        CHECK_THROWS_AS(asking.join(), weft::cancelled);
        CHECK(descriptors_in_use() == before);

        CHECK_THROWS_AS(weft::with_timeout(5ms, [&] { names.lookup("silent.test"); }), weft::deadline_exceeded);
        std::error_code ec;
        weft::with_timeout(5ms, [&] { names.lookup("silent.test", 0, ec); });
        CHECK(ec == std::errc::timed_out);
        CHECK(ec.category() == std::generic_category());
        auto const [ctx, cancel] = weft::with_cancel({});
        cancel();
        weft::with_context(ctx, [&] { names.lookup("silent.test", 0, ec); });
        CHECK(ec == std::errc::operation_canceled);
        CHECK(descriptors_in_use() == before);
    });
}

TEST_CASE("the same question at the same time is asked once", "[dns]") {
    constexpr int askers = 20;
    in_fibers([] {
        dns_server server;
        server.add("shared.test", dns_type::a, rdata_a("127.0.0.5"));
        server.hold("shared.test", dns_type::a);
        net::resolver const names(server.options());
        std::vector<weft::fiber<std::set<std::string>>> all;
        auto const ask = [&] { return texts(names.lookup("shared.test")); };
        auto first = weft::spawn(ask);
        yield_until([&] { return server.questions("shared.test", dns_type::a) == 1; });
        for (int i = 0; i != askers; ++i) all.push_back(weft::spawn(ask));
        until_parked(askers + 1);
        first.cancel();  // somebody else asks then, once
        CHECK_THROWS_AS(first.join(), weft::cancelled);
        yield_until([&] { return server.questions("shared.test", dns_type::a) == 2; });
        until_parked(askers);  // all have found who asks now
        server.release("shared.test", dns_type::a);
        for (auto& one : all) CHECK(one.join() == std::set<std::string>{"127.0.0.5:0"});
        CHECK(server.questions("shared.test", dns_type::a) == 2);
    });
}

TEST_CASE("mail servers, services, texts and the names of addresses", "[dns]") {
    dns_server server;
    server.add("mail.test", dns_type::mx, rdata_mx(20, "second.mail.test"));
    server.add("mail.test", dns_type::mx, rdata_mx(10, "first.mail.test"));
    server.add("_http._tcp.test", dns_type::srv, rdata_srv(2, 5, 8080, "backup.test"));
    server.add("_http._tcp.test", dns_type::srv, rdata_srv(1, 7, 80, "main.test"));
    server.add("text.test", dns_type::txt, rdata_txt({"in two", " parts"}));
    server.add("text.test", dns_type::txt, rdata_txt({"another"}));
    server.add("9.0.0.127.in-addr.arpa", dns_type::ptr, rdata_name("nine.test"));
    server.add("9.0.0.127.in-addr.arpa", dns_type::ptr, rdata_name("neuf.test"));
    std::string const v6 = "8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
    server.add(v6, dns_type::ptr, rdata_name("six.test"));
    net::resolver const names(server.options());
    in_fibers([&] {
        CHECK(names.lookup_mx("mail.test") ==
              std::vector<net::mx_record>{{"first.mail.test", 10}, {"second.mail.test", 20}});
        CHECK(names.lookup_srv("_http._tcp.test") ==
              std::vector<net::srv_record>{{"main.test", 80, 1, 7}, {"backup.test", 8080, 2, 5}});
        CHECK(names.lookup_txt("text.test") == std::vector<std::string>{"in two parts", "another"});
        CHECK(names.lookup_names(net::endpoint::parse("127.0.0.9:1")) ==
              std::vector<std::string>{"nine.test", "neuf.test"});
        CHECK(names.lookup_names(net::endpoint::parse("[2001:db8::8]:1")) == std::vector<std::string>{"six.test"});
        std::error_code ec;
        CHECK(names.lookup_mx("text.test", ec).empty());
        CHECK(ec == net::dns_error::no_data);
        CHECK(names.lookup_srv("nowhere.test", ec).empty());
        CHECK(ec == net::dns_error::host_not_found);
        CHECK(names.lookup_txt("mail.test", ec).empty());
        CHECK(ec == net::dns_error::no_data);
        CHECK(names.lookup_names(net::endpoint::parse("127.0.0.10:1"), ec).empty());
        CHECK(ec == net::dns_error::host_not_found);
        CHECK(names.lookup_names(net::endpoint::parse("unix:/x"), ec).empty());
        CHECK(ec == net::dns_error::bad_name);
        CHECK(names.lookup_cname("nowhere.test", ec).empty());
        CHECK(ec == net::dns_error::host_not_found);
    });
}

TEST_CASE("many questions at a time, by two runtimes", "[dns]") {
    int const hosts = sized(100, 100, 40);
    dns_server server;
    for (int i = 0; i != hosts; ++i) {
        std::string const address = "127.0.2." + std::to_string(i);
        server.add("host" + std::to_string(i) + ".test", dns_type::a, rdata_a(address.c_str()));
    }
    net::resolver_options options = server.options();
    options.timeout = 1s;  // the server's queue overflows
    options.tries = 8;
    net::resolver const names(options);
    with_workers([&](weft::runtime_options chosen) {
        auto const ask_all = [&] {
            std::vector<weft::fiber<bool>> asking;
            for (int i = 0; i != hosts; ++i)
                asking.push_back(weft::spawn([&names, i] {
                    return texts(names.lookup("host" + std::to_string(i) + ".test")) ==
                           std::set<std::string>{"127.0.2." + std::to_string(i) + ":0"};
                }));
            int right = 0;
            for (auto& one : asking) right += one.join() ? 1 : 0;
            return right;
        };
        weft::runtime beside(chosen);
        auto other = beside.spawn(ask_all);
        CHECK(weft::run(ask_all, chosen) == hosts);
        CHECK(other.join() == hosts);
    });
}

TEST_CASE("without descriptors a look-up says so", "[dns][C53]") {
    dns_server server;
    server.add("host.test", dns_type::a, rdata_a("127.0.0.5"));
    net::resolver const names(server.options());
    in_fibers([&] {
        rlimit before{};
        ::getrlimit(RLIMIT_NOFILE, &before);
        rlimit const none{0, before.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
        std::error_code ec;
        names.lookup("host.test", 0, ec);
        ::setrlimit(RLIMIT_NOFILE, &before);
        CHECK(ec == std::errc::too_many_files_open);
        CHECK(texts(names.lookup("host.test")) == std::set<std::string>{"127.0.0.5:0"});
    });
}

TEST_CASE("a resolver refuses options that make no sense", "[dns]") {
    auto const with = [](auto change) {
        net::resolver_options options;
        change(options);
        net::resolver const made(options);
    };
    CHECK_THROWS_AS(with([](auto& o) { o.tries = 0; }), std::invalid_argument);
    CHECK_THROWS_AS(with([](auto& o) { o.timeout = 0ms; }), std::invalid_argument);
    CHECK_THROWS_AS(with([](auto& o) { o.timeout = 1000h; }), std::invalid_argument);
    CHECK_THROWS_AS(with([](auto& o) { o.servers = {net::endpoint::parse("unix:/x")}; }), std::invalid_argument);
    CHECK_THROWS_AS(with([](auto& o) { o.search = {"two words"}; }), std::invalid_argument);
    CHECK_THROWS_AS(with([](auto& o) { o.dots = 5000; }), std::invalid_argument);
}
