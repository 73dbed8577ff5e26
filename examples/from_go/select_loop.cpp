// A loop around a select. A slot and a switch let a case leave the loop; a handler could not.
#include <cstdio>
#include <optional>
#include <weft/weft.hpp>

int main() {
    weft::run([] {
        auto numbers = weft::make_chan<int>();
        auto quit = weft::make_chan<weft::unit>();
        auto worker = weft::spawn([=] {
            // [guide]
            for (;;) {
                std::optional<int> n;
                std::optional<weft::unit> end;
                switch (weft::select(weft::on_recv(numbers, n), weft::on_recv(quit, end))) {
                case 0: std::printf("got %d\n", *n); break;
                case 1: std::puts("quit"); return;
                }
            }
            // [end]
        });
        for (int i = 0; i < 3; ++i) numbers.send(i);
        quit.close();
        worker.join();
    });
}
