// Values that travel with a request. The type is the key.
#include <cstdio>
#include <string>
#include <weft/weft.hpp>

// [guide]
struct user {
    std::string name;
};

void handle() {
    if (user const* u = weft::this_fiber::current_context().value<user>()) {
        std::printf("for %s\n", u->name.c_str());
    }
}

int main() {
    weft::run([] {
        auto ctx = weft::with_value(weft::context::background(), user{"ada"});
        weft::with_context(ctx, [] { handle(); });
    });
}
// [end]
