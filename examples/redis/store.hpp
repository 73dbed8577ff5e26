// The keys of the server and what they mean. Split into parts with a lock each, so that workers seldom meet.
#pragma once
#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>
#include <weft/clock.hpp>
#include <weft/mutex.hpp>

namespace redis {

/// A command that does not fit what it is about; the text goes to the client.
class command_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

enum class end_of_list { left, right };

/// Thread safety: any member from any fiber. Each acts on one key, as a unit.
class store {
public:
    using time_point = weft::clock::time_point;
    static constexpr time_point never = time_point::max();

    std::optional<std::string> get(std::string const& key);
    void set(std::string const& key, std::string value, time_point until = never);
    bool erase(std::string const& key);
    bool exists(std::string const& key);

    /// The new value.
    /// Errors: `command_error` if it is no number, or would be too large for one.
    long long add(std::string const& key, long long more);

    /// False: there is no such key.
    bool expire(std::string const& key, time_point until);
    /// When it ends; `never`, or nothing if there is no such key.
    std::optional<time_point> expiry(std::string const& key);

    /// The new length.
    std::size_t push(std::string const& key, end_of_list where, std::span<std::string const> values);
    std::optional<std::string> pop(std::string const& key, end_of_list where);
    std::size_t length(std::string const& key);

    std::size_t size();
    void clear();
    /// Drops what has expired and was not asked for since.
    void sweep();

private:
    using list = std::deque<std::string>;
    struct entry {
        std::variant<std::string, list> value;
        time_point until = never;
    };
    struct part {
        weft::mutex lock;
        std::unordered_map<std::string, entry> entries;

        /// Null if it is not there, or no longer.
        entry* find(std::string const& key);
    };

    part& part_of(std::string const& key) { return parts_[std::hash<std::string>()(key) % parts_.size()]; }

    std::array<part, 64> parts_;
};

}  // namespace redis
