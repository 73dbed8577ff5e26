// The Redis serialization protocol, version 2.
// Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
#pragma once
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>
#include <weft/buffered_reader.hpp>
#include <weft/buffered_writer.hpp>
#include <weft/net.hpp>

namespace redis {

/// What came is no command; there is no telling where the next begins.
class protocol_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

using output = weft::buffered_writer<weft::net::tcp_stream&>;

/// Reads a connection, and before that sends the replies that are ready: so a batch of commands is answered by one
/// write, and nobody waits for a reply that lies in a buffer.
class replying_reader {
public:
    replying_reader(weft::net::tcp_stream& connection, output& replies) : connection_(connection), replies_(replies) {}

    std::size_t read_some(std::span<std::byte> to) {
        replies_.flush();
        return connection_.read_some(to);
    }
    std::size_t read_some(std::span<std::byte> to, std::error_code& ec) {
        replies_.flush(ec);
        return ec ? 0 : connection_.read_some(to, ec);
    }

private:
    weft::net::tcp_stream& connection_;
    output& replies_;
};

using input = weft::buffered_reader<replying_reader>;

/// Reads the next command into `words`, which keep their memory from one to the next. False at the end of the connection.
/// Errors: `protocol_error`, `std::system_error`.
bool read_command(input& in, std::vector<std::string>& words);

/// What a server answers.
class reply {
public:
    explicit reply(output& out) : out_(out) {}

    void simple(std::string_view text);
    void error(std::string_view text);
    void integer(long long value);
    void bulk(std::string_view text);
    void null();
    /// That many replies follow, which make one.
    void array(std::size_t size);

private:
    void header(char type, long long value);

    output& out_;
};

}  // namespace redis
