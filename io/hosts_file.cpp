#include "hosts_file.hpp"

#include "host_name.hpp"
#include "words.hpp"

#include <utility>

namespace weft::detail {

hosts_file::table hosts_file::parse(std::string_view text) {
    table read;
    for_each_line(text, [&read](std::string_view line) {
        std::optional<net::endpoint> address;
        bool is_address = true;
        for_each_word(line, [&](std::string_view word) {
            if (std::exchange(is_address, false)) {
                address = numeric(word, 0);
            } else if (address) {
                read.by_name[canonical(word)].push_back(*address);
                read.by_address[address_text(*address)].emplace_back(word);
            }
        });
    });
    return read;
}

std::shared_ptr<hosts_file::table const> hosts_file::current() const {
    std::shared_ptr<table const> known;
    {
        spin_guard guard(lock_);
        known = known_;
    }
    file_version version{.bytes = -2};  // never read
    if (known != nullptr) version = known->version;
    std::optional<std::string> const text = read_if_changed(path_, version);
    if (!text) return known;
    auto fresh = std::make_shared<table>(parse(*text));
    fresh->version = version;
    known = std::move(fresh);
    std::shared_ptr<table const> outdated = known;  // freed without the lock
    spin_guard guard(lock_);
    std::swap(known_, outdated);
    return known;
}

std::vector<net::endpoint> hosts_file::addresses(std::string const& name) const {
    if (path_.empty()) return {};
    auto const now = current();
    auto const found = now->by_name.find(name);
    return found == now->by_name.end() ? std::vector<net::endpoint>() : found->second;
}

std::vector<std::string> hosts_file::names(net::endpoint const& address) const {
    if (path_.empty()) return {};
    auto const now = current();
    auto const found = now->by_address.find(address_text(address));
    return found == now->by_address.end() ? std::vector<std::string>() : found->second;
}

}  // namespace weft::detail
