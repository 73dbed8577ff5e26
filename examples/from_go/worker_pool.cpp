// A fixed number of workers on one channel of jobs.
#include <cstdio>
#include <weft/weft.hpp>

int work(int job) { return job * 2; }

int main() {
    weft::run([] {
        // [guide]
        auto jobs = weft::make_chan<int>(100);
        auto results = weft::make_chan<int>(100);
        weft::wait_group workers;
        for (int w = 0; w < 3; ++w) {
            workers.go([=] {
                for (int const job : jobs) {
                    results.send(work(job));
                }
            });
        }
        for (int j = 1; j <= 50; ++j) {
            jobs.send(j);
        }
        jobs.close();
        workers.wait();
        results.close();

        int sum = 0;
        for (int const r : results) {
            sum += r;
        }
        // [end]
        std::printf("%d\n", sum);
    });
}
