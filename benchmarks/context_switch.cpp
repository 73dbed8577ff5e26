#include <weft/detail/config.hpp>
#include <weft/detail/stack_pool.hpp>
#include <weft/detail/switch_stack.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using namespace weft::detail;

// One of two flows of control that switch to each other, `turns` times.
struct flow {
    void* stack_pointer = nullptr;
    flow* other = nullptr;
    std::int64_t turns = 0;
    int place = 0;
};

// A switch returns to where the flow it continues had called it. The processor predicts that it returns to the latest caller:
// right when both flows wait in the same place, wrong when they wait in two. Hence a function per `Place`.
template <int Place>
WEFT_NOINLINE void take_turns(flow& self) {
    self.place = Place;  // keeps the compiler from folding the instances into one
    for (std::int64_t left = self.turns; left != 0; --left) {
        switch_stack(&self.stack_pointer, self.other->stack_pointer, self.other);
    }
}

template <int Place>
continuation run_partner(void* payload) noexcept {
    flow& self = *static_cast<flow*>(payload);
    take_turns<Place>(self);
    return {self.other->stack_pointer, self.other};
}

// One iteration: one switch of the stack and nothing else.
template <int PartnersPlace>
void raw_switch(benchmark::State& state) {
    constexpr std::int64_t turns = 1'000;
    std::vector<std::byte> stack(min_stack_bytes);
    flow here;
    flow there;
    here.other = &there;
    there.other = &here;
    here.turns = turns;
    there.turns = -1;  // for ever
    there.stack_pointer = prepare_stack(stack.data() + stack.size(), stack.data(), run_partner<PartnersPlace>);
    while (state.KeepRunningBatch(2 * turns)) take_turns<0>(here);
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(switch_name());
}
BENCHMARK(raw_switch<0>)->Name("raw_switch/places:1")->UseRealTime();
BENCHMARK(raw_switch<1>)->Name("raw_switch/places:2")->UseRealTime();

}  // namespace
