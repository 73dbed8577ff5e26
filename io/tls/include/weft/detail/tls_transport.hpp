#pragma once
#include <weft/clock.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>

namespace weft::detail {

/// What TLS needs of the stream that carries it. `read_some` gives 0 at the end of the stream. Deadlines and `close` are used
/// where the stream has them.
template <class Stream>
concept carries_tls = std::movable<Stream> &&
    requires(Stream& s, std::span<std::byte> in, std::span<std::byte const> out, std::error_code& ec) {
    { s.read_some(in, ec) } -> std::convertible_to<std::size_t>;
    { s.write_some(out, ec) } -> std::convertible_to<std::size_t>;
};

template <class T>
inline constexpr char tls_transport_key = 0;

/// A stream of any type, so that only the library's sources know OpenSSL, and only once.
class tls_transport {
public:
    tls_transport() = default;
    tls_transport(tls_transport const&) = delete;
    virtual ~tls_transport() = default;

    virtual std::size_t read_some(std::span<std::byte> buffer, std::error_code& ec) = 0;
    virtual std::size_t write_some(std::span<std::byte const> buffer, std::error_code& ec) = 0;
    /// False: the stream has no deadlines.
    virtual bool set_read_deadline(clock::time_point t) = 0;
    virtual bool set_write_deadline(clock::time_point t) = 0;
    virtual void close() noexcept = 0;
    /// The stream, if it is of the type with that key.
    virtual void* get(void const* key) noexcept = 0;
};

template <carries_tls Stream>
class tls_transport_of final : public tls_transport {
public:
    explicit tls_transport_of(Stream&& stream) : stream_(std::move(stream)) {}

    std::size_t read_some(std::span<std::byte> buffer, std::error_code& ec) override {
        return stream_.read_some(buffer, ec);
    }
    std::size_t write_some(std::span<std::byte const> buffer, std::error_code& ec) override {
        return stream_.write_some(buffer, ec);
    }
    bool set_read_deadline(clock::time_point t) override {
        if constexpr (requires { stream_.set_read_deadline(t); }) {
            stream_.set_read_deadline(t);
            return true;
        }
        return false;
    }
    bool set_write_deadline(clock::time_point t) override {
        if constexpr (requires { stream_.set_write_deadline(t); }) {
            stream_.set_write_deadline(t);
            return true;
        }
        return false;
    }
    void close() noexcept override {
        if constexpr (requires { stream_.close(); }) stream_.close();
    }
    void* get(void const* key) noexcept override { return key == &tls_transport_key<Stream> ? &stream_ : nullptr; }

private:
    Stream stream_;
};

}  // namespace weft::detail
