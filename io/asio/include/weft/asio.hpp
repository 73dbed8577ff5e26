#pragma once
// The way to the code that is written for Boost.Asio's blocking streams: boost::asio::read_until, Boost.Beast and what builds
// on them run on fibers unchanged.
//
// It needs Boost's headers (1.74 or later) and nothing else: no io_context, no thread, no library of Boost's. The component
// is weft::asio.

#include <weft/stream.hpp>
#include <weft/this_fiber.hpp>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>

namespace weft {

/// What Boost calls the error: an error number of the system becomes one of `boost::system::system_category`, so that
/// it compares equal to `boost::asio::error::connection_reset`, `operation_aborted`, `timed_out` and the like; any
/// other keeps its category.
inline boost::system::error_code to_boost(std::error_code const& ec) {
    if (!ec) return {};
    if (ec.category() == std::generic_category() || ec.category() == std::system_category())
        return {ec.value(), boost::system::system_category()};
    return ec;
}

/// A weft stream as Asio's *SyncReadStream* and *SyncWriteStream*. The end of the stream is `boost::asio::error::eof`.
///
/// `S` is a reader, a writer, or both, or a reference to one: `asio_stream(connection)` refers to `connection`, and
/// `asio_stream(std::move(connection))` owns it. Deadlines, shutting down and closing are the inner stream's business.
///
/// Thread safety: of the inner stream. Blocks: as the inner stream does.
/// Errors: the throwing calls throw `boost::system::system_error`, and `cancelled` or `deadline_exceeded` in a fiber
/// that has been cancelled. The composed operations of Asio and Beast use the calls that report: in a cancelled fiber
/// they fail with `operation_aborted`, or with `timed_out` if a deadline was the reason.
/// Source: https://www.boost.org/doc/libs/1_81_0/doc/html/boost_asio/reference/SyncReadStream.html
template <class S>
    requires reader<S> || writer<S>
class asio_stream {
public:
    /// Adapts `inner`.
    explicit asio_stream(S&& inner) : inner_(std::forward<S>(inner)) {}

    /// What it reads from and writes to.
    std::remove_reference_t<S>& inner() noexcept { return inner_; }

    /// Reads at least one byte, into the first of the buffers that is not empty.
    template <class MutableBuffers>
        requires reader<S> std::size_t read_some(MutableBuffers const& buffers, boost::system::error_code& ec) {
            ec = {};
            for (auto each = boost::asio::buffer_sequence_begin(buffers);
                 each != boost::asio::buffer_sequence_end(buffers); ++each) {
                boost::asio::mutable_buffer const buffer(*each);
                if (buffer.size() == 0) continue;
                std::error_code failure;
                std::size_t const got =
                    inner_.read_some({static_cast<std::byte*>(buffer.data()), buffer.size()}, failure);
                if (failure)
                    ec = to_boost(failure);
                else if (got == 0)
                    ec = boost::asio::error::eof;
                return got;
            }
            return 0;
        }
    /// The same; a failure and the end of the stream are thrown.
    template <class MutableBuffers>
        requires reader<S> std::size_t read_some(MutableBuffers const& buffers) {
            boost::system::error_code ec;
            std::size_t const got = read_some(buffers, ec);
            if (ec) fail(ec, "weft::asio_stream::read_some");
            return got;
        }

    /// Writes at least one byte. Small buffers go out together: a header in twenty pieces is one packet.
    template <class ConstBuffers>
        requires writer<S> std::size_t write_some(ConstBuffers const& buffers, boost::system::error_code& ec) {
            std::array<std::byte, gathered_bytes> gathered;
            std::error_code failure;
            std::size_t const written = inner_.write_some(gather(buffers, gathered), failure);
            ec = to_boost(failure);
            return written;
        }
    /// The same; a failure is thrown.
    template <class ConstBuffers>
        requires writer<S> std::size_t write_some(ConstBuffers const& buffers) {
            boost::system::error_code ec;
            std::size_t const written = write_some(buffers, ec);
            if (ec) fail(ec, "weft::asio_stream::write_some");
            return written;
        }

private:
    static constexpr std::size_t gathered_bytes = 4096;

    /// The first bytes of the sequence in one piece: its first buffer if that is large, or alone; otherwise as much as fits.
    template <class ConstBuffers>
    static std::span<std::byte const> gather(ConstBuffers const& buffers, std::span<std::byte> to) noexcept {
        std::span<std::byte const> first;
        std::size_t held = 0;
        for (auto each = boost::asio::buffer_sequence_begin(buffers); each != boost::asio::buffer_sequence_end(buffers);
             ++each) {
            boost::asio::const_buffer const buffer(*each);
            std::span const bytes(static_cast<std::byte const*>(buffer.data()), buffer.size());
            if (bytes.empty()) continue;
            if (first.empty()) {
                first = bytes;
                continue;
            }
            if (held == 0) {
                if (first.size() >= to.size()) return first;
                held = put(first, to);
            }
            std::size_t const copied = put(bytes, to.subspan(held));
            held += copied;
            if (copied != bytes.size()) break;
        }
        return held == 0 ? first : to.first(held);
    }
    static std::size_t put(std::span<std::byte const> from, std::span<std::byte> to) noexcept {
        std::span const fits = from.first(std::min(from.size(), to.size()));
        std::copy(fits.begin(), fits.end(), to.begin());
        return fits.size();
    }

    [[noreturn]] static void fail(boost::system::error_code const& ec, char const* what) {
        if (ec == boost::asio::error::operation_aborted || ec == boost::asio::error::timed_out)
            this_fiber::check_cancelled();
        throw boost::system::system_error(ec, what);
    }

    S inner_;
};

/// Refers to an lvalue and owns an rvalue.
template <class S>
asio_stream(S&& inner) -> asio_stream<S>;

}  // namespace weft
