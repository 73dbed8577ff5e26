// A goroutine that returns something: a fiber has a result, and an exception is one.
#include <cstdio>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <weft/weft.hpp>

// [guide]
int parse(std::string const& s) {
    int n = 0;
    for (char const c : s) {
        if (c < '0' || c > '9') throw std::invalid_argument("not a number: " + s);
        n = n * 10 + (c - '0');
    }
    return n;
}

int main() {
    weft::run([] {
        for (std::string const s : {"42", "4x"}) {
            auto parsing = weft::spawn(parse, s);
            try {
                std::printf("%d\n", parsing.join());
            } catch (std::exception const& e) {
                std::printf("error: %s\n", e.what());
            }
        }
    });
}
// [end]
