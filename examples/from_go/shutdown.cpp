// Going down in order: no new work, but what was begun is finished.
#include <cstdio>
#include <optional>
#include <weft/weft.hpp>

int main() {
    weft::run([] {
        auto requests = weft::make_chan<int>();
        auto served = weft::make_chan<int>(10);
        auto [stop, interrupt] = weft::with_cancel(weft::context::background());
        auto server = weft::spawn([=, stop = stop] {
            // [guide]
            weft::task_group in_flight;
            for (bool open = true; open;) {
                weft::select(
                    weft::on_recv(requests, [&](std::optional<int> r) { in_flight.go([=] { served.send(*r * *r); }); }),
                    weft::on_done(stop, [&] { open = false; }));  // no new ones
            }
            in_flight.wait();  // but what was begun is finished
            served.close();
            // [end]
        });
        for (int i = 1; i <= 3; ++i) requests.send(i);
        interrupt();
        server.join();
        int sum = 0;
        for (int const s : served) sum += s;
        std::printf("served %d\n", sum);
    });
}
