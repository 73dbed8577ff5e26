// Prints what happens to a file or below a directory.
//
//     file_watch          watches a directory of its own while another fiber works in it, and ends
//     file_watch PATH     watches until it is ended

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/directory.hpp>
#include <weft/file.hpp>
#include <weft/replacement.hpp>
#include <weft/watch.hpp>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
namespace fs = weft::fs;

std::string_view in_words(fs::change what) {
    switch (what) {
    case fs::change::created: return "created";
    case fs::change::modified: return "modified";
    case fs::change::written: return "written";
    case fs::change::attributes: return "attributes";
    case fs::change::removed: return "removed";
    case fs::change::renamed: return "renamed";
    case fs::change::overflow: return "some changes were missed";
    }
    return "?";
}

std::string described(fs::watch_event const& event) {
    std::string text = event.path + ": " + std::string(in_words(event.what));
    if (event.what == fs::change::renamed) text += " from " + event.old_path;
    return text;
}

void watch(std::string const& path) {
    fs::watcher watcher(path);
    while (std::optional<fs::watch_event> const event = watcher.next()) std::printf("%s\n", described(*event).c_str());
}

int demonstrate() {
    std::string const root = fs::create_temporary_directory();
    weft::defer const tidy([&] { fs::remove_all(root); });
    fs::watcher watcher(root);
    auto const events = weft::make_chan<fs::watch_event>(16);
    auto watching = weft::spawn([&] { watcher.deliver(events); });

    // Each step when the one before has been seen.
    auto const seen = [&](fs::change what, std::string const& path) {
        for (std::optional<fs::watch_event> event;;) {
            if (weft::select(weft::on_recv(events, event), weft::on_timeout(10s)) != 0 || !event) return false;
            std::printf("%s\n", described(*event).c_str());
            if (event->what == what && event->path == path) return true;
        }
    };
    std::string const draft = root + "/draft", cloth = root + "/loom/cloth";
    fs::write_file(draft, "warp");
    bool ok = seen(fs::change::written, draft);
    fs::create_directory(root + "/loom");
    ok = ok && seen(fs::change::created, root + "/loom");
    fs::rename(draft, cloth);
    ok = ok && seen(fs::change::renamed, cloth);
    fs::remove(cloth);
    ok = ok && seen(fs::change::removed, cloth);

    watcher.close();
    watching.join();
    std::printf("%s\n", ok ? "all seen" : "something was not seen");
    return ok ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1) std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // for whoever reads it through a pipe
    return weft::run([&] {
        if (argc == 1) return demonstrate();
        watch(argv[1]);
        return 0;
    });
}
