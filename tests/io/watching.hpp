// What a watcher reports, in words.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>
#include <weft/directory.hpp>
#include <weft/file.hpp>
#include <weft/watch.hpp>

namespace weft_test {

using lines = std::vector<std::string>;

/// "created d/f", without the root.
inline std::string line_of(weft::fs::watch_event const& e, std::string const& root) {
    using weft::fs::change;
    static std::map<change, char const*> const words{{change::created, "created"},  {change::modified, "modified"},
                                                     {change::written, "written"},  {change::attributes, "attributes"},
                                                     {change::removed, "removed"},  {change::renamed, "renamed"},
                                                     {change::overflow, "overflow"}};
    auto const short_form = [&](std::string const& path) {
        return path.size() > root.size() ? path.substr(root.size() + 1) : std::string(".");
    };
    std::string line = words.at(e.what);
    if (e.what == change::renamed) line += ' ' + short_form(e.old_path) + " to";
    return line + ' ' + short_form(e.path);
}

/// What has happened up to `mark`, which the caller makes last.
inline lines events_until(weft::fs::watcher& w, std::string const& root, std::string const& mark) {
    using weft::fs::change;
    lines all;
    while (auto event = w.next()) {
        std::string line = line_of(*event, root);
        if (line == "created " + mark) return all;
        // How many of these there are depends on who was faster.
        if (event->what != change::modified && event->what != change::attributes) all.push_back(std::move(line));
    }
    all.emplace_back("the end");
    return all;
}

/// Whether a file that is made in `directory`, which lies below `root`, is reported as such.
inline bool is_watched(weft::fs::watcher& w, std::string const& root, std::string const& directory) {
    std::string const file = directory + "/made-now";
    weft::fs::write_file(root + '/' + file, "");
    weft::fs::create_directory(root + "/mark-of-that");
    return events_until(w, root, "mark-of-that") == lines{"created " + file, "written " + file};
}

inline lines rest_of(weft::fs::watcher& w, std::string const& root) { return events_until(w, root, "no such mark"); }

}  // namespace weft_test
