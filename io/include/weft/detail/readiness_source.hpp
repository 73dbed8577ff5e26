#pragma once
#include <weft/detail/readiness_waiter.hpp>
#include <weft/detail/select_source.hpp>

#include <utility>

namespace weft::detail {

class descriptor;

/// The readiness of a socket, for select. An object that holds no socket is always ready: using it fails at once.
class readiness_source final : public select_source {
public:
    readiness_source(descriptor* socket, direction way) noexcept : socket_(socket), way_(way) {}

    bool is_ready() override;
    bool arm(wait_token sleeper, wait_tag tag) override;
    void disarm() noexcept override;

private:
    descriptor* socket_;
    direction way_;
    readiness_waiter node_;  // linked between arm and disarm
};

/// Lets select reach the descriptor of a socket.
struct socket_access {
    template <class Socket>
    static readiness_source readiness(Socket const& s, direction way) noexcept {
        return {s.socket_, way};
    }
    template <class Socket>
    static descriptor* of(Socket const& s) noexcept {
        return s.socket_;
    }
    template <class Socket>
    static Socket make(descriptor& d) noexcept {
        return Socket(d);
    }
    template <class Listener, class Listening>
    static Listener listener(Listening&& made) noexcept {
        Listener listener(*made.socket);
        listener.reserve_ = std::move(made.reserve);
        return listener;
    }
    /// The same connection as another kind of object.
    template <class To, class From>
    static To convert(From&& from) noexcept {
        descriptor* const d = from.socket_;
        from.socket_ = nullptr;
        return d == nullptr ? To() : To(*d);
    }
};

}  // namespace weft::detail
