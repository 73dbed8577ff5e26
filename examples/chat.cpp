// A chat server: what one says, all others hear. A person is two fibers: one reads lines from the connection, the other
// writes those that come through a channel. Whoever reads too slowly is shown the door, so that nobody waits for them.
//
//     chat              lets a few of its own chat, and ends
//     chat ADDRESS      serves there until it is ended; talk to it with nc

#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <weft/buffered_reader.hpp>
#include <weft/buffered_writer.hpp>
#include <weft/lines.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using weft::net::tcp_stream;

constexpr std::size_t longest_line = 1000;
constexpr std::ptrdiff_t patience = 100;  // lines that wait for a slow reader
constexpr int people = 10;

class room {
public:
    // The lines that this person is to see, beginning with a welcome; closed when it has left, or was too slow. Nil:
    // there is one of that name already.
    weft::recv_chan<std::string> enter(std::string const& name) {
        auto const lines = weft::make_chan<std::string>(patience);
        std::lock_guard const held(lock_);
        if (!people_.try_emplace(name, lines).second) return {};
        lines.send("* welcome, " + name);
        tell_locked(name, "* " + name + " has entered");
        return lines;
    }

    // Nothing happens if it has left already, also if somebody else has that name by now.
    void leave(std::string const& name, weft::recv_chan<std::string> const& lines) {
        std::lock_guard const held(lock_);
        auto const at = people_.find(name);
        if (at == people_.end() || weft::recv_chan<std::string>(at->second) != lines) return;
        at->second.close();
        people_.erase(at);
        tell_locked(name, "* " + name + " has left");
    }

    void say(std::string const& name, std::string_view line) {
        std::lock_guard const held(lock_);
        tell_locked(name, "[" + name + "] " + std::string(line));
    }

private:
    void tell_locked(std::string const& from, std::string const& line) {
        for (auto at = people_.begin(); at != people_.end();) {
            if (at->first == from || at->second.try_send(line) == weft::chan_status::ok) {
                ++at;
                continue;
            }
            at->second.close();
            at = people_.erase(at);
        }
    }

    weft::mutex lock_;
    std::map<std::string, weft::chan<std::string>> people_;
};

void write_lines(tcp_stream& connection, weft::recv_chan<std::string> const& lines) {
    weft::buffered_writer out(connection);
    try {
        for (std::string const& line : lines) {
            connection.set_write_deadline(weft::clock::now() + 10s);
            out.write_line(line);
            if (lines.size() == 0) out.flush();  // nothing more to say for now
        }
    } catch (std::system_error const&) {}
    connection.close();  // also ends the fiber that reads
}

void talk(room& place, tcp_stream connection) {
    weft::buffered_reader in(connection);
    try {
        connection.write_all(weft::as_bytes("your name?\n"));
        std::string const name(in.read_line(50).value_or(""));
        weft::recv_chan<std::string> const lines = name.empty() ? weft::recv_chan<std::string>() : place.enter(name);
        if (!lines) {
            connection.write_all(weft::as_bytes("somebody has that name\n"));
            return;
        }
        auto writer = weft::spawn([&] { write_lines(connection, lines); });
        weft::defer const goodbye([&] { place.leave(name, lines); });
        for (std::string_view const line : weft::lines(in, longest_line)) place.say(name, line);
        place.leave(name, lines);
        writer.join();                     // they may still be reading
    } catch (std::system_error const&) {}  // they hung up, or wrote a line that is too long
}

void serve(weft::net::tcp_listener& listener, room& place) {
    weft::task_group group;
    for (;;) {
        std::error_code ended;  // set when the listener is closed
        tcp_stream connection = listener.accept(ended);
        if (ended) break;
        group.go([&place, connection = std::move(connection)]() mutable { talk(place, std::move(connection)); });
    }
    group.wait();
}

// Waits until all are there, says one line, and hears those of the others. Returns how many it heard.
int chat(weft::net::endpoint const& server, int id, weft::barrier& all_there) {
    tcp_stream connection = weft::net::dial(server);
    weft::buffered_reader in(connection);
    in.read_line();  // asks for the name
    connection.write_all(weft::as_bytes("person " + std::to_string(id) + "\n"));
    in.read_line();  // the welcome
    all_there.arrive_and_wait();
    connection.write_all(weft::as_bytes("hello from " + std::to_string(id) + "\n"));
    int heard = 0;
    while (heard != people - 1) {
        auto const line = in.read_line();
        if (!line) return heard;
        heard += line->find("] hello from") != line->npos;
    }
    all_there.arrive_and_wait();
    return heard;
}

}  // namespace

int main(int argc, char** argv) {
    return weft::run([&] {
        room place;
        weft::net::tcp_listener listener = weft::net::listen(argc > 1 ? argv[1] : "127.0.0.1:0");
        std::printf("%s\n", listener.local().to_string().c_str());
        std::fflush(stdout);
        auto server = weft::spawn([&] { serve(listener, place); });
        if (argc > 1) {
            server.join();
            return 0;
        }

        auto results = weft::make_chan<int>(people);
        weft::barrier all_there(people);
        weft::wait_group chatting;
        for (int id = 0; id != people; ++id)
            chatting.go([&, id, at = listener.local()] { results.send(chat(at, id, all_there)); });
        chatting.wait();
        results.close();
        listener.close();
        server.join();

        int heard = 0;
        for (int const n : results) heard += n;
        std::printf("%d people heard %d lines\n", people, heard);
        return heard == people * (people - 1) ? 0 : 1;
    });
}
