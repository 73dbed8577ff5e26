// One client of the load generator.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct ssl_st;

namespace serving {

enum class kind_of_client { tcp, udp, connect, tls };

/// "idle" clients are those of tcp.
kind_of_client kind_named(std::string_view name);

class client {
public:
    client(kind_of_client kind, std::uint16_t port, std::size_t index, std::size_t bytes);
    client(client const&) = delete;
    ~client();

    /// Opens the connection and sends the first message, at once or as soon as it stands.
    void begin(int epoll);
    /// What epoll said. Returns how many answers are complete, and has sent the next message.
    unsigned handle(int epoll, std::uint32_t events);
    /// The same, without a next message.
    void handle_once(int epoll, std::uint32_t events);
    std::uint64_t answered() const noexcept { return answered_; }

private:
    struct end_session {
        void operator()(ssl_st* session) const;
    };

    void open(int epoll);
    void open_session();
    void send();
    ssize_t receive(char* to, std::size_t bytes);
    bool is_answered();

    kind_of_client kind_;
    std::uint16_t port_;
    std::size_t index_;
    int fd_ = -1;
    bool sent_ = false;
    std::unique_ptr<ssl_st, end_session> session_;
    std::uint64_t answered_ = 0;
    std::string message_;
    std::string answer_;
    std::size_t received_ = 0;
};

}  // namespace serving
