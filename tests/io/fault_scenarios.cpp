#include "fault_scenarios.hpp"

#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <weft/directory.hpp>
#include <weft/file.hpp>
#include <weft/pipe.hpp>
#include <weft/process.hpp>
#include <weft/read_all.hpp>
#include <weft/replacement.hpp>
#include <weft/socket_copy.hpp>
#include <weft/udp.hpp>
#include <weft/unix.hpp>
#include <weft/watch.hpp>
#include <weft/weft.hpp>

#include "scratch.hpp"
#include "shared_stream.hpp"
#include "sockets.hpp"

namespace weft_test {
namespace {

namespace net = weft::net;

// Longer than what is read at once, short enough for many runs.
std::string const& message() {
    static std::string const text = pattern(5'000);
    return text;
}

void through_a_pipe() {
    auto [reader, writer] = weft::os_pipe();
    weft::task_group both;
    both.go([&to = writer] {
        to.write_all(weft::as_bytes(message()));
        to.close();
    });
    both.go([&from = reader] { expect(from, message()); });
    both.wait();
}

// The two sides of what others may share: without O_NONBLOCK, and closed by us.
void through_a_shared_pipe() {
    using weft::detail::direction;
    auto [reader, writer] = weft::os_pipe();
    auto* const in = weft::detail::open_shared(reader.native_handle(), direction::read);
    require(in != nullptr, "a pipe's end was not recognised");
    auto from = weft::detail::socket_access::make<weft::pipe_reader>(*in);
    auto* const out = weft::detail::open_shared(writer.native_handle(), direction::write);
    require(out != nullptr, "a pipe's end was not recognised");
    auto to = weft::detail::socket_access::make<weft::pipe_writer>(*out);
    weft::task_group both;
    both.go([&, &original = writer] {
        to.write_all(weft::as_bytes(message()));
        to.close();
        original.close();
    });
    both.go([&] { expect(from, message()); });
    both.wait();
}

void echo_one(net::tcp_stream peer) {
    std::string buffer(900, '\0');
    while (std::size_t const got = peer.read_some(writable(buffer)))
        peer.write_all(weft::as_bytes(buffer.substr(0, got)));
    peer.shutdown_write();
}

void ask_for_echo(net::tcp_stream& stream, std::string const& text) {
    weft::task_group both;
    both.go([&] {
        stream.write_all(weft::as_bytes(text));
        stream.shutdown_write();
    });
    both.go([&] { expect(stream, text); });
    both.wait();
}

void echo_at(char const* address) {
    auto listener = net::listen(address);
    weft::task_group both;
    both.go([&] { echo_one(listener.accept()); });
    both.go([&] {
        auto stream = net::dial(listener.local());
        ask_for_echo(stream, message());
    });
    both.wait();
}

void echo_over_tcp() { echo_at("127.0.0.1:0"); }

void echo_over_a_unix_socket() {
    static std::string const name = "unix:@weft-faults-" + std::to_string(::getpid());
    echo_at(name.c_str());
}

// Every connection has an echo of its own, and none takes the listener down.
void accept_loop() {
    constexpr int clients = 8;
    auto listener = net::listen("127.0.0.1:0");
    weft::task_group all;
    all.go([&] {
        for (int i = 0; i != clients; ++i) all.go([peer = listener.accept()]() mutable { echo_one(std::move(peer)); });
    });
    for (int i = 0; i != clients; ++i)
        all.go([&, i] {
            auto stream = net::dial(listener.local());
            ask_for_echo(stream, "client " + std::to_string(i));
        });
    all.wait();
}

// On loopback, and as few as these, none is dropped or overtaken.
void datagrams() {
    constexpr int count = 30;
    auto const text_of = [](int i) { return "datagram " + std::to_string(i) + std::string(100, '.'); };
    auto from = net::bind_udp("127.0.0.1:0");
    auto to = net::bind_udp("127.0.0.1:0");
    weft::task_group both;
    both.go([&] {
        for (int i = 0; i != count; ++i) {
            std::string const text = text_of(i);
            require(from.send_to(weft::as_bytes(text), to.local()) == text.size(), "a datagram was sent in part");
        }
    });
    both.go([&] {
        for (int i = 0; i != count; ++i) {
            std::string text(500, '\0');
            auto const got = to.recv_from(writable(text));
            require(text.substr(0, got.bytes) == text_of(i), "a datagram was lost, doubled or cut");
            require(got.from == from.local(), "a datagram came from elsewhere");
        }
    });
    both.wait();
}

// Those that have arrived are closed with what holds them, whatever fails.
void passed_descriptors() {
    auto [a, b] = net::stream_pair();
    auto ends = weft::os_pipe();
    int const passed[] = {ends.reader.native_handle(), ends.writer.native_handle()};
    std::string const text = "two ends";
    weft::task_group both;
    both.go([&, &to = a] {
        to.send_descriptors(weft::as_bytes(text), passed);
        to.close();
    });
    both.go([&, &from = b] {
        std::string got;
        std::size_t descriptors = 0;
        for (std::string part(100, '\0');;) {
            auto const one = from.recv_descriptors(writable(part));
            if (one.bytes == 0) break;
            got.append(part, 0, one.bytes);
            descriptors += one.descriptors.size();
        }
        require(text.starts_with(got), "a byte was lost, doubled or changed");
        require(got != text || descriptors == 2, "a descriptor was lost or doubled");
    });
    both.wait();
}

void through_files() {
    namespace fs = weft::fs;
    scratch const folder;
    {
        auto file = fs::create(folder / "one");
        file.write_all(weft::as_bytes(message()));
        file.sync();
        file.seek(0);
        expect(file, message());
        std::string part(1'000, '\0');
        require(file.read_at(writable(part), 2'000) != 0, "a file ended early");
        require(message().substr(2'000).starts_with(part.substr(0, 1)), "a byte came from elsewhere");
        file.truncate(100);
        require(file.size() == 100, "a file was not truncated");
    }
    std::error_code ec;
    fs::write_file_atomically(folder / "two", message(), ec);
    for (auto const& entry : std::filesystem::directory_iterator(folder.path())) {
        auto const name = entry.path().filename();
        require(name == "one" || name == "two", "a temporary file was left");
    }
    if (ec) throw std::system_error(ec);
    auto file = fs::open(folder / "two");
    expect(file, message());
}

// What was written arrives, also when what follows cannot be read or written.
void copied_between_sockets() {
    auto [source, in] = connect();
    auto [out, sink] = connect();
    net::copy_progress progress;
    std::error_code failed;
    std::string arrived;
    weft::task_group all;
    all.go([&to = source] {
        to.write_all(weft::as_bytes(message()));
        to.shutdown_write();
    });
    all.go([&, &from = in, &to = out] {
        net::copy(from, to, progress, failed);
        to.close();
    });
    all.go([&, &from = sink] { arrived = weft::read_all(from); });
    all.wait();
    require(message().starts_with(arrived), "a byte was lost, doubled or changed");
    require(arrived.size() == progress.written, "a byte was written that did not arrive, or not counted");
    if (failed) throw std::system_error(failed);
    require(arrived == message(), "the stream ended early, and nobody said so");
}

void a_file_to_a_socket() {
    scratch const folder;
    weft::fs::write_file_atomically(folder / "sent", message());
    auto file = weft::fs::open(folder / "sent");
    auto [near, far] = connect();
    std::error_code failed;
    std::uint64_t sent = 0;
    std::string arrived;
    weft::task_group both;
    both.go([&, &to = near] {
        sent = net::send_file(to, file.native_handle(), 0, UINT64_MAX, failed);
        to.close();
    });
    both.go([&, &from = far] { arrived = weft::read_all(from); });
    both.wait();
    require(message().starts_with(arrived), "a byte was lost, doubled or changed");
    require(arrived.size() == sent, "a byte was sent that did not arrive, or not counted");
    if (failed) throw std::system_error(failed);
    require(arrived == message(), "the stream ended early, and nobody said so");
}

// What is there, as far as a watcher has told; by the paths below the root.
class told {
public:
    told(std::string root, std::set<std::string> there) : root_(std::move(root)), there_(std::move(there)) {}
    void hear(weft::fs::watch_event const& e) {
        using weft::fs::change;
        if (e.what == change::removed) take(below_root(e.path));
        if (e.what == change::created)
            require(there_.insert(below_root(e.path)).second, "what was there already was reported as created");
        if (e.what == change::renamed) {
            take(below_root(e.old_path));
            there_.insert(below_root(e.path));
        }
    }
    bool is_there(char const* name) const { return there_.contains(name); }
    std::set<std::string> const& all() const { return there_; }

private:
    std::string below_root(std::string const& path) const {
        require(path.starts_with(root_ + '/'), "something elsewhere was reported");
        return path.substr(root_.size() + 1);
    }
    void take(std::string const& path) {
        std::erase_if(there_, [&](std::string const& p) { return p == path || p.starts_with(path + '/'); });
    }

    std::string root_;
    std::set<std::string> there_;
};

// While it is changed. Whatever becomes of that, what is told is true.
void watch_a_tree() {
    namespace fs = weft::fs;
    scratch const root;
    std::filesystem::create_directories(root / "was/there");
    fs::watcher watcher(root.path());
    weft::task_group both;
    both.go([&] {
        fs::create_directories(root / "new/below");
        fs::write_file(root / "new/below/f", "text");
        fs::rename(root / "new/below/f", root / "was/there/f");
        fs::remove_all(root / "new");
        fs::create_directory(root / "last");
    });
    both.go([&] {
        told story(root.path(), {"was", "was/there"});
        while (!story.is_there("last")) {
            auto const event = watcher.next();
            require(event.has_value(), "a watch ended by itself");
            story.hear(*event);
        }
        require(story.all() == std::set<std::string>{"was", "was/there", "was/there/f", "last"},
                "a change was lost, and nobody said so");
    });
    both.wait();
    watcher.close();
}

void run_a_program() {
    auto const result = weft::run_process({"cat"}, message());
    // A fault in writing the input looks like a program that has read enough.
    require(message().starts_with(result.out), "a byte was lost, doubled or changed");
    require(result.status.success(), "a program failed that cannot");
}

void end_a_program() {
    weft::process child({"sleep", "1000"}, {.in = weft::stdio::pipe(), .out = weft::stdio::null()});
    weft::select(weft::on_exit(child), weft::on_timeout(std::chrono::milliseconds(1)));
    require(child.terminate(std::chrono::seconds(10)).signalled(), "a child did not end by its signal");
}

void deadlines_and_cancellation() {
    auto [near, far] = connect();
    std::byte byte[1];
    std::error_code ec;
    near.set_read_deadline(weft::clock::now() + std::chrono::milliseconds(1));
    near.read_some(byte, ec);
    if (ec != std::errc::timed_out) throw std::system_error(ec);
    near.clear_deadline();
    auto reading = weft::spawn([&near = near, &byte] { near.read_some(byte); });
    reading.cancel();
    try {
        reading.join();
        require(false, "a read returned that had nothing to read");
    } catch (weft::cancelled const&) {
        send(far, "x");
    }
    require(near.read_exact(byte) == 1, "a cancelled read took a byte along");
}

constexpr scenario scenarios[] = {
    {"a pipe", through_a_pipe},
    {"a shared pipe", through_a_shared_pipe},
    {"echo over TCP", echo_over_tcp},
    {"echo over a unix socket", echo_over_a_unix_socket},
    {"an accept loop", accept_loop},
    {"datagrams", datagrams},
    {"passed descriptors", passed_descriptors},
    {"files", through_files},
    {"a copy between sockets", copied_between_sockets},
    {"a file to a socket", a_file_to_a_socket},
    {"a watch of a tree", watch_a_tree},
    {"a program", run_a_program},
    {"a program that is ended", end_a_program},
    {"deadlines and cancellation", deadlines_and_cancellation},
};

}  // namespace

std::span<scenario const> all_scenarios() { return scenarios; }

}  // namespace weft_test
