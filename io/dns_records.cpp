#include "dns_records.hpp"

#include "dns_query.hpp"

#include <algorithm>
#include <memory>
#include <tuple>

namespace weft::detail {

namespace {

struct free_data {
    void operator()(void* data) const noexcept { ares_free_data(data); }
};

/// The list that `parse` makes of the answer.
template <class Record>
std::unique_ptr<Record, free_data> list_of(int (*parse)(unsigned char const*, int, Record**),
                                           std::span<unsigned char const> answer, std::string const& about) {
    Record* first = nullptr;
    int const status = parse(answer.data(), static_cast<int>(answer.size()), &first);
    std::unique_ptr<Record, free_data> list(first);
    if (status != ARES_SUCCESS) throw_dns_failure(status, about);
    return list;
}

}  // namespace

std::vector<net::mx_record> parse_mx(std::span<unsigned char const> answer, std::string const& about) {
    auto const list = list_of(&ares_parse_mx_reply, answer, about);
    std::vector<net::mx_record> all;
    for (auto const* r = list.get(); r != nullptr; r = r->next) all.push_back({r->host, r->priority});
    std::stable_sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.preference < b.preference; });
    return all;
}

std::vector<net::srv_record> parse_srv(std::span<unsigned char const> answer, std::string const& about) {
    auto const list = list_of(&ares_parse_srv_reply, answer, about);
    std::vector<net::srv_record> all;
    for (auto const* r = list.get(); r != nullptr; r = r->next)
        all.push_back({r->host, r->port, r->priority, r->weight});
    std::stable_sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.priority < b.priority; });
    return all;
}

std::vector<std::string> parse_txt(std::span<unsigned char const> answer, std::string const& about) {
    auto const list = list_of(&ares_parse_txt_reply_ext, answer, about);
    std::vector<std::string> all;
    for (auto const* r = list.get(); r != nullptr; r = r->next) {
        if (r->record_start != 0) all.emplace_back();
        all.back().append(reinterpret_cast<char const*>(r->txt), r->length);
    }
    return all;
}

}  // namespace weft::detail
