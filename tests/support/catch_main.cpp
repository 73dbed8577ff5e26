// The `main` of every test executable: Catch2's, after a look at whether this process was started as a child of a test.

// With the address sanitizer g++ 12 takes the regular expressions inside Catch2 for copies of uninitialised memory.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include <string_view>

#include "support/child.hpp"

int main(int argc, char** argv) {
    if (argc == 3 && std::string_view(argv[1]) == weft_test::child::flag) return weft_test::child::run_here(argv[2]);
    return Catch::Session().run(argc, argv);
}
