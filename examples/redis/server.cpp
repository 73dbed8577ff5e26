#include "server.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

#include "commands.hpp"
#include "protocol.hpp"

namespace redis {

namespace {

using namespace std::chrono_literals;

void serve_one(weft::net::tcp_stream connection, store& data) {
    output replies(connection, 16 * 1024);
    input commands(replying_reader(connection, replies), 16 * 1024);
    std::vector<std::string> words;
    try {
        while (read_command(commands, words))
            if (!words.empty()) execute(words, data, reply(replies));
    } catch (protocol_error const& wrong) {
        reply(replies).error("ERR Protocol error: " + std::string(wrong.what()));
    } catch (std::system_error const&) {
        return;  // the connection is gone, and so is whoever could be told
    }
}

void sweep_now_and_then(store& data) {
    weft::ticker const every(1s);
    for (;;) {
        every.channel().recv();
        data.sweep();
    }
}

}  // namespace

void serve(weft::net::tcp_listener& listener, store& data) {
    weft::task_group group;
    group.go([&] { sweep_now_and_then(data); });
    for (;;) {
        std::error_code failed;
        weft::net::tcp_stream connection = listener.accept(failed);
        if (failed == std::errc::too_many_files_open || failed == std::errc::too_many_files_open_in_system) {
            weft::this_fiber::sleep_for(10ms);  // until somebody leaves
            continue;
        }
        if (failed) return;  // the listener is closed; the group ends what is left
        group.go([&data, connection = std::move(connection)]() mutable { serve_one(std::move(connection), data); });
    }
}

}  // namespace redis
