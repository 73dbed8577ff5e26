// Sending, receiving, closing, ranging.
#include <cstdio>
#include <initializer_list>
#include <optional>
#include <string>
#include <weft/weft.hpp>

int main() {
    weft::run([] {
        // [guide]
        auto done = weft::make_chan<weft::unit>();     // unbuffered
        auto words = weft::make_chan<std::string>(2);  // room for two
        weft::go([=] {
            for (std::string const word : words) {
                std::puts(word.c_str());
            }
            done.close();
        });

        for (char const* word : {"warp", "weft", "loom"}) {
            words.send(word);
        }
        words.close();
        done.recv();

        std::optional<std::string> word = words.recv();
        std::printf("\"%s\" %s\n", word.value_or("").c_str(), word ? "true" : "false");
        std::printf("%zu %zu\n", words.size(), words.capacity());
        // [end]
    });
}
