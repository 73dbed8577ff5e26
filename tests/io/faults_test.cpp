// What io offers, on a system that fails.

#include <array>
#include <cstring>

#include "fault_scenarios.hpp"
#include "faulty_system.hpp"
#include "support/fixture.hpp"

using namespace weft_test;

TEST_CASE("every entry of the table can be made to fail", "[faults][C53]") {
    using entries = std::array<void*, sizeof(weft::detail::system_table) / sizeof(void*)>;
    entries real, faulty;
    std::memcpy(&real, &weft::detail::real_system, sizeof real);
    std::memcpy(&faulty, &faulty_system::table(), sizeof faulty);
    for (std::size_t i = 0; i != real.size(); ++i) CHECK(real[i] != faulty[i]);
}

TEST_CASE("interruptions, would-block and transfers of one byte go unnoticed", "[faults][C53]") {
    with_workers([](weft::runtime_options options) { survive_random_faults(all_scenarios(), true, options); });
}

TEST_CASE("random faults lose no byte, leave nothing behind and say what they are", "[faults][C52][C53]") {
    with_workers([](weft::runtime_options options) { survive_random_faults(all_scenarios(), false, options); });
}

TEST_CASE("the first call fails, then the second, and so on until none does", "[faults][C53]") {
    survive_every_fault(all_scenarios());
}
