// Something every so often.
#include <chrono>
#include <cstdio>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

int main() {
    weft::run([] {
        // [guide]
        weft::ticker t(1ms);  // its destructor stops it
        for (int i = 0; i < 3; ++i) {
            t.channel().recv();
            std::puts("tick");
        }
        // [end]
    });
}
