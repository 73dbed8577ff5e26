#include "report.hpp"

#include "checksum_line.hpp"
#include "names.hpp"

namespace weftsum {
namespace {

// sha256sum escapes a name in a verdict only if it would break the line.
std::string verdict(std::string const& path, char const* result) {
    bool const escaped = path.find('\n') != std::string::npos;
    return (escaped ? '\\' + escape(path) : path) + ": " + result + '\n';
}

}  // namespace

void sum_report::add(file const& f) {
    if (f.trouble.empty()) {
        out_.print(format_checksum(f.digest, f.path));
    } else {
        out_.complain(quote(f.path) + ": " + f.trouble);
        exit_status_ = 1;
    }
}

void check_report::add(file const& f) {
    if (!f.trouble.empty()) {
        ++unreadable_;
        out_.complain(quote(f.path) + ": " + f.trouble);
        out_.print(verdict(f.path, "FAILED open or read"));
    } else if (f.digest == f.expected) {
        ++matched_;
        out_.print(verdict(f.path, "OK"));
    } else {
        ++mismatched_;
        out_.print(verdict(f.path, "FAILED"));
    }
}

int check_report::finish() {
    std::string const list = list_.name() == "-" ? "'standard input'" : quote(list_.name());
    if (!list_.trouble().empty()) {
        out_.complain(list + ": " + list_.trouble());
    } else if (list_.good_lines() == 0) {
        out_.complain(list + ": no properly formatted checksum lines found");
        return 1;
    }
    warn(list_.bad_lines(), "line is improperly formatted", "lines are improperly formatted");
    warn(unreadable_, "listed file could not be read", "listed files could not be read");
    warn(mismatched_, "computed checksum did NOT match", "computed checksums did NOT match");

    std::vector<std::string> const unlisted = list_.unlisted();
    for (std::string const& path : unlisted) out_.complain(quote(path) + ": not in " + list);

    bool const all_well =
        list_.trouble().empty() && unlisted.empty() && mismatched_ == 0 && unreadable_ == 0 && matched_ != 0;
    return all_well ? 0 : 1;
}

void check_report::warn(std::uint64_t count, char const* one, char const* many) {
    if (count != 0) out_.complain("WARNING: " + std::to_string(count) + ' ' + (count == 1 ? one : many));
}

}  // namespace weftsum
