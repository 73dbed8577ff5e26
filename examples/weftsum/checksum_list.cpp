#include "checksum_list.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "describe.hpp"

namespace weftsum {
namespace {

constexpr int lines_at_once = 64;

// A line of any length, from getline().
struct line_buffer {
    char* data = nullptr;
    std::size_t bytes = 0;
    line_buffer() = default;
    line_buffer(line_buffer const&) = delete;
    line_buffer& operator=(line_buffer const&) = delete;
    ~line_buffer() { std::free(data); }
};

// Only to balance the batches: whether the file can be read is found out when it is.
std::uint64_t size_of(std::string const& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool at_or_below(std::string_view path, std::string_view top) {
    return path.starts_with(top) && (path.size() == top.size() || top.ends_with('/') || path[top.size()] == '/');
}

}  // namespace

checksum_list::checksum_list(std::string name, std::vector<std::string> paths) : name_(std::move(name)) {
    for (std::string& path : paths) wanted_.push_back({std::move(path)});
    weft::blocking([this] {
        stream_.reset(name_ == "-" ? stdin : std::fopen(name_.c_str(), "re"));
        if (!stream_) trouble_ = describe(errno);
    });
}

std::optional<file> checksum_list::next() {
    while (read_.empty() && stream_) weft::blocking([this] { read_some(); });
    if (read_.empty()) return std::nullopt;
    file f = std::move(read_.front());
    read_.pop_front();
    return f;
}

void checksum_list::read_some() {
    line_buffer buffer;
    for (int i = 0; i != lines_at_once; ++i) {
        errno = 0;
        ssize_t const length = ::getline(&buffer.data, &buffer.bytes, stream_.get());
        if (length < 0) {
            if (std::ferror(stream_.get())) trouble_ = describe(errno);
            stream_.reset();
            return;
        }
        read_line({buffer.data, static_cast<std::size_t>(length)});
    }
}

void checksum_list::read_line(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) return;

    std::optional<checksum_line> parsed = parser_.parse(line);
    if (!parsed) {
        ++bad_lines_;
        return;
    }
    ++good_lines_;
    if (!wanted(parsed->path)) return;

    file f;
    f.bytes = size_of(parsed->path);
    f.path = std::move(parsed->path);
    f.expected = parsed->digest;
    read_.push_back(std::move(f));
}

bool checksum_list::wanted(std::string_view path) {
    bool found = wanted_.empty();
    for (wanted_path& top : wanted_) {
        if (!at_or_below(path, top.path)) continue;
        top.listed = true;
        found = true;
    }
    return found;
}

std::vector<std::string> checksum_list::unlisted() const {
    std::vector<std::string> paths;
    for (wanted_path const& top : wanted_) {
        if (!top.listed) paths.push_back(top.path);
    }
    return paths;
}

}  // namespace weftsum
