// A bound for everything that a call waits for. The context is not a parameter: a fiber always has one.
#include <chrono>
#include <cstdio>
#include <string>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

std::string query() {
    weft::this_fiber::sleep_for(1h);
    return "row";
}

int main() {
    weft::run([] {
        // [guide]
        try {
            std::string row = weft::with_timeout(20ms, [] { return query(); });
            std::puts(row.c_str());
        } catch (weft::deadline_exceeded const&) {
            std::puts("too slow");
        }
        // [end]
    });
}
