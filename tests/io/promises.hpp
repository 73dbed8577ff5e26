// What no fault excuses: a byte lost, doubled or changed.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "sockets.hpp"

namespace weft_test {

struct broken_promise : std::logic_error {
    using std::logic_error::logic_error;
};

inline void require(bool kept, char const* promise) {
    if (!kept) throw broken_promise(promise);
}

/// Compares what arrives, as it arrives: a failure later on does not hide a mistake.
class comparison {
public:
    explicit comparison(std::string const& expected) : left_(expected) {}
    void arrived(std::string_view part) {
        require(left_.starts_with(part), "a byte was lost, doubled or changed");
        left_.remove_prefix(part.size());
    }
    void ended() const { require(left_.empty(), "the stream ended early, and nobody said so"); }

private:
    std::string_view left_;
};

/// Reads to the end of the stream.
template <class Reader>
void expect(Reader& from, std::string const& expected) {
    comparison all(expected);
    std::string buffer(700, '\0');
    while (std::size_t const got = from.read_some(writable(buffer)))
        all.arrived(std::string_view(buffer).substr(0, got));
    all.ended();
}

}  // namespace weft_test
