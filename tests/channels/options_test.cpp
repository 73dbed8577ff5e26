// Options of a runtime that only channels show.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <vector>
#include <weft/chan.hpp>
#include <weft/runtime.hpp>
#include <weft/select.hpp>

#include "support/fixture.hpp"

namespace {

// The cases that select chose, of three that were always ready.
std::vector<std::size_t> choices(std::uint64_t seed) {
    weft::runtime_options options;
    options.workers = 1;
    options.seed = seed;
    return weft::run(
        [] {
            auto const closed = weft::make_chan<int>();
            closed.close();
            std::optional<int> slot;
            std::vector<std::size_t> chosen;
            for (int i = 0; i != 100; ++i)
                chosen.push_back(weft::select(weft::on_recv(closed, slot), weft::on_recv(closed, slot),
                                              weft::on_recv(closed, slot)));
            return chosen;
        },
        options);
}

}  // namespace

TEST_CASE("a seed fixes the choices of select", "[select][options]") {
    weft_test::supervised guard("1 worker");
    CHECK(choices(1) == choices(1));
    CHECK(choices(1) != choices(2));
    CHECK(choices(0) != choices(0));
}

TEST_CASE("a poller that does not exist here is an error", "[options]") {
    CHECK_THROWS_AS(weft::runtime({.poller = weft::poller_kind::kqueue}), std::exception);
    CHECK_THROWS_AS(weft::runtime({.poller = weft::poller_kind::iocp}), std::exception);
}
