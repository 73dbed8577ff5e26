// Waiting for a limited time: for one answer, for a whole series of answers, and not at all.

#include <chrono>
#include <cstdio>
#include <optional>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;

// Answers once, after `delay`.
weft::recv_chan<int> ask(weft::clock::duration delay) {
    auto answer = weft::make_chan<int>(1);  // room for the answer, so that the fiber ends even if nobody takes it
    weft::go([=] {
        weft::this_fiber::sleep_for(delay);
        answer.send(42);
    });
    return answer;
}

bool answers_within(weft::recv_chan<int> answer, weft::clock::duration limit) {
    bool answered = false;
    weft::select(weft::on_recv(answer, [&](std::optional<int> value) { answered = value == 42; }),
                 weft::on_timeout(limit, [] { std::puts("too slow"); }));
    return answered;
}

// A timeout starts anew with each select. A deadline bounds all of them together.
int answers_until(weft::recv_chan<int> answers, weft::clock::time_point deadline) {
    int count = 0;
    std::optional<int> answer;
    for (;;) {
        switch (weft::select(weft::on_recv(answers, answer), weft::on_deadline(deadline))) {
        case 0: ++count; break;
        case 1: return count;
        }
    }
}

bool has_answer(weft::recv_chan<int> answer) {
    std::optional<int> value;
    return weft::select(weft::on_recv(answer, value), weft::otherwise()) == 0;
}

}  // namespace

int main() {
    return weft::run([] {
        bool const quick = answers_within(ask(0ms), 10s);
        bool const slow = answers_within(ask(10s), 20ms);

        auto answers = weft::make_chan<int>();
        weft::go([=] {
            for (int i = 0;; ++i) {
                answers.send(i);
                weft::this_fiber::sleep_for(1ms);
            }
        });
        int const count = answers_until(answers, weft::clock::now() + 50ms);

        bool const at_once = has_answer(ask(10s));

        std::printf("quick: %s, slow: %s, at once: %s, within 50 ms: %d answers\n", quick ? "answered" : "timed out",
                    slow ? "answered" : "timed out", at_once ? "answered" : "nothing yet", count);
        return quick && !slow && !at_once && count > 0 && count <= 51 ? 0 : 1;
    });
}
