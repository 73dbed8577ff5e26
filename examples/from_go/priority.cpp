// A preference among cases: one select, at one instant.
#include <cstdio>
#include <optional>
#include <weft/weft.hpp>

int main() {
    weft::run([] {
        auto urgent = weft::make_chan<int>(1), normal = weft::make_chan<int>(1);
        urgent.send(1);
        normal.send(2);
        // [guide]
        auto next = [&] {
            std::optional<int> v;
            weft::select(weft::ordered, weft::on_recv(urgent, v), weft::on_recv(normal, v));
            return *v;
        };
        // [end]
        int const first = next(), second = next();
        std::printf("%d %d\n", first, second);
    });
}
