// What a program outside this repository does first: include the umbrella, start fibers, talk through a channel.
#include <weft/weft.hpp>

#include <cstdio>

int main() {
    int const answer = weft::run([] {
        auto numbers = weft::make_chan<int>();
        weft::go([numbers] {
            for (int i = 1; i <= 6; ++i) numbers.send(i * 2);
            numbers.close();
        });
        int sum = 0;
        for (int n : numbers) sum += n;
        return sum;
    });
    std::printf("%d\n", answer);
    return answer == 42 ? 0 : 1;
}
