#include "tally.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace weftsum {

void tally::add(batch const& done) {
    for (file const& f : done.files) {
        if (!f.trouble.empty()) continue;
        ++files_;
        bytes_ += f.bytes;
    }
}

double tally::seconds() const { return std::chrono::duration<double>(weft::clock::now() - start_).count(); }

double tally::bytes_per_second() const { return static_cast<double>(bytes_) / std::max(seconds(), 1e-9); }

std::string tally::summary() const {
    return std::to_string(files_) + " files, " + format_bytes(static_cast<double>(bytes_)) + ", " +
           format_bytes(bytes_per_second()) + "/s";
}

std::string format_bytes(double bytes) {
    constexpr std::array units = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    std::size_t unit = 0;
    for (; bytes >= 999.95 && unit + 1 != units.size(); ++unit) bytes /= 1000;
    char text[32];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return text;
}

}  // namespace weftsum
