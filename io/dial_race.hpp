#pragma once
// Connects to a name that has several addresses: "happy eyeballs".
//
// Each attempt is a fiber; so is each of the two questions, for the addresses of IPv6 and of IPv4. All of them report through
// channels to the fiber that dials, which alone decides what begins next:
//
//     an attempt     when none has begun yet, when the last one to begin has failed, or `attempt_delay` after it;
//                    from the families in turn
//     the first one  with the addresses that came first, but those of IPv4 wait `resolution_delay` for those of IPv6
//
// Invariants: only the dialling fiber touches the race; the others touch their own frames and the channels.
//             No fiber outlives the race: its end cancels and joins them. A connection that nobody took out of the channel is
//             closed with it.
// Source: https://www.rfc-editor.org/rfc/rfc8305

#include "connect.hpp"

#include <weft/chan.hpp>
#include <weft/dns.hpp>
#include <weft/fiber.hpp>

#include <deque>
#include <exception>
#include <string>
#include <vector>

namespace weft::detail {

class dial_race {
public:
    /// `what` begins the messages of its errors.
    dial_race(net::dial_options const& options, std::string what) : options_(options), what_(std::move(what)) {}
    ~dial_race();
    dial_race(dial_race const&) = delete;

    /// The first connection to one of these.
    /// Errors: `std::system_error` of the first attempt that failed, with all addresses that were tried; `cancelled`.
    net::tcp_stream run(std::vector<net::endpoint> const& known);
    /// To an address of `host`, as they are found. Errors: also those of `resolver::lookup`.
    net::tcp_stream run(std::string const& host, std::uint16_t port);

private:
    static constexpr std::size_t v6 = 0;
    static constexpr std::size_t v4 = 1;

    struct family {
        std::deque<net::endpoint> addresses;  // not tried yet
        bool asked = false;                   // and not answered yet
        std::exception_ptr failure;
    };
    struct answer {
        std::size_t of = 0;
        std::vector<net::endpoint> addresses;
        std::exception_ptr failure;
    };
    struct attempt {
        net::endpoint to;
        dialled end;
        std::exception_ptr failure;
    };

    void ask(std::size_t which, std::string const& host, std::uint16_t port);
    void take(answer&& a);
    bool take(attempt&& a);
    void begin_what_may();
    void begin(net::endpoint const& to);
    net::tcp_stream decide();
    clock::time_point next_step() const noexcept;
    bool may_begin(clock::time_point now) const noexcept;
    bool is_over() const noexcept;
    [[noreturn]] void fail() const;

    net::dial_options const& options_;
    std::string what_;
    family families_[2];
    std::size_t turn_ = v6;  // whose address is tried next
    clock::time_point next_attempt_ = clock::time_point::min();
    clock::time_point ipv6_until_ = clock::time_point::min();  // until then IPv4 waits for it
    std::size_t running_ = 0;                                  // attempts
    std::string tried_;
    std::exception_ptr first_failure_;
    net::tcp_stream winner_;
    chan<answer> const answers_ = make_chan<answer>(2);
    chan<attempt> const ends_ = make_chan<attempt>();
    std::vector<fiber<>> helpers_;
};

}  // namespace weft::detail
