#pragma once
// The file that gives hosts their names without a server: an address and its names in each line.
// Source: hosts(5)

#include "configuration_file.hpp"

#include <weft/detail/spin_lock.hpp>
#include <weft/net.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weft::detail {

/// Thread safety: all members. The file is looked at by each call and read when it has changed.
class hosts_file {
public:
    /// An empty path is a file without lines.
    explicit hosts_file(std::string path) : path_(std::move(path)) {}

    /// In the order of the lines.
    std::vector<net::endpoint> addresses(std::string const& canonical_name) const;
    std::vector<std::string> names(net::endpoint const& address) const;

private:
    struct table {
        file_version version;
        std::unordered_map<std::string, std::vector<net::endpoint>> by_name;
        std::unordered_map<std::string, std::vector<std::string>> by_address;  // its text
    };

    static table parse(std::string_view text);
    std::shared_ptr<table const> current() const;

    std::string const path_;
    mutable spin_lock lock_;
    mutable std::shared_ptr<table const> known_ WEFT_GUARDED_BY(lock_);
};

}  // namespace weft::detail
