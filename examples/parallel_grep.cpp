// grep for a plain text, over whole trees: one fiber walks, others read the files that it finds, and the main fiber
// prints. The channels between them are short, so a tree of any size is searched in little memory.
//
//     parallel_grep                 searches a tree of its own, and ends
//     parallel_grep TEXT PATH...    prints the lines that contain the text, as grep -rnF does; the status is 1 if there are none

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>
#include <weft/buffered_reader.hpp>
#include <weft/directory.hpp>
#include <weft/file.hpp>
#include <weft/lines.hpp>
#include <weft/replacement.hpp>
#include <weft/walk.hpp>
#include <weft/weft.hpp>

namespace {

namespace fs = weft::fs;

constexpr int readers = 16;
constexpr std::size_t piece = 64 * 1024;
constexpr std::size_t longest_line = 1024 * 1024;

// What was found in one file, and in how many lines.
struct result {
    std::string text;
    std::size_t lines = 0;
};

void note(std::string const& path, std::error_code const& ec) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), ec.message().c_str());
}

result search(std::string const& path, std::string_view text) {
    result found;
    std::error_code failed;
    fs::file file = fs::open(path, failed);
    if (failed) {
        note(path, failed);
        return found;
    }
    weft::buffered_reader in(file, piece);
    try {
        if (weft::as_text(in.peek(1024)).find('\0') != std::string_view::npos) return found;  // no text
        std::size_t number = 0;
        for (std::string_view const line : weft::lines(in, longest_line)) {
            ++number;
            if (line.find(text) == line.npos) continue;
            ++found.lines;
            found.text += path + ':' + std::to_string(number) + ':';
            found.text += line;
            found.text += '\n';
        }
    } catch (std::system_error const& e) {  // a line without an end counts as the end of the text
        note(path, e.code());
    }
    return found;
}

void find_files(std::vector<std::string> const& roots, weft::send_chan<std::string> const& files) {
    for (std::string const& root : roots)
        for (fs::walk_entry& entry : fs::walk(root)) {
            if (entry.failure) note(entry.path, entry.failure);
            if (entry.type == fs::file_type::regular) files.send(std::move(entry.path));
        }
    files.close();
}

// Prints what is found, each file's lines together, and returns how many lines there were.
std::size_t grep(std::string_view text, std::vector<std::string> const& roots) {
    auto const files = weft::make_chan<std::string>(readers);
    auto const results = weft::make_chan<result>(readers);
    weft::task_group walking;
    walking.go([&] { find_files(roots, files); });
    weft::task_group reading;
    for (int i = 0; i != readers; ++i)
        reading.go([&] {
            for (std::string const& path : files) results.send(search(path, text));
        });
    walking.go([&] {
        reading.wait();
        results.close();
    });
    std::size_t lines = 0;
    for (result const& found : results) {
        std::fwrite(found.text.data(), 1, found.text.size(), stdout);
        lines += found.lines;
    }
    walking.wait();
    return lines;
}

int demonstrate() {
    std::string const root = fs::create_temporary_directory();
    weft::defer const tidy([&] { fs::remove_all(root); });
    std::size_t hidden = 0;
    for (int d = 0; d != 10; ++d) {
        std::string const folder = root + '/' + std::to_string(d);
        fs::create_directory(folder);
        for (int f = 0; f != 20; ++f) {
            std::string content;
            for (int line = 0; line != 100; ++line) {
                bool const has_it = (d + f + line) % 37 == 0;
                hidden += has_it;
                content += has_it ? "a needle in the hay\r\n" : "hay\n";
            }
            fs::write_file(folder + '/' + std::to_string(f), content);
        }
    }
    fs::write_file(root + "/binary", std::string("needle\n\0needle\n", 15));
    std::size_t const found = grep("needle", {root});
    std::printf("%zu of %zu lines\n", found, hidden);
    return found == hidden ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2) {
        std::fprintf(stderr, "usage: %s [TEXT PATH...]\n", argv[0]);
        return 2;
    }
    return weft::run([&] {
        if (argc == 1) return demonstrate();
        return grep(argv[1], {argv + 2, argv + argc}) == 0 ? 1 : 0;
    });
}
