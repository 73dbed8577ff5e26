// The smallest complete program: start a runtime, start a fiber, talk to it, wait for it.

#include <cstdio>
#include <string>
#include <weft/weft.hpp>

int main() {
    // run() starts the worker threads, runs this function as the first fiber and returns its result.
    return weft::run([] {
        auto greetings = weft::make_chan<std::string>();  // unbuffered: every send meets a receive

        weft::go([=] {  // a detached fiber; a channel is a handle, so a copy is the same channel
            for (char const* name : {"warp", "weft", "loom"}) greetings.send(std::string("hello, ") + name);
            greetings.close();
        });

        weft::fiber<int> counter = weft::spawn([=] {  // a fiber with a result
            int count = 0;
            for (std::string const greeting : greetings) {  // ends when the channel is closed and drained
                std::puts(greeting.c_str());
                ++count;
            }
            return count;
        });

        return counter.join() == 3 ? 0 : 1;
    });
}
