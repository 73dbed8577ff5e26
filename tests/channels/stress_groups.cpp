// Task groups under stress: ends, failures, cancels and destruction at once.

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <weft/task_group.hpp>

#include "support/fixture.hpp"

using weft::task_group;
using weft_test::in_fibers;

namespace {

bool has_failed(task_group& group) {
    try {
        group.wait();
        return false;
    } catch (std::exception const&) {
        return true;
    }
}

}  // namespace

TEST_CASE("a group may be destroyed as soon as wait has returned", "[task_group][destroy][C9]") {
    in_fibers([] {
        for (int i = 0; i != weft_test::sized(5'000, 2'000, 500); ++i) {
            auto group = std::make_unique<task_group>();
            if (i % 3 == 0) group->set_limit(1);
            group->go([] {});
            if (i % 2 == 0) group->go([] { weft::this_fiber::yield(); });
            if (i % 5 == 0) group->cancel();
            group->wait();
            group.reset();
        }
    });
}

TEST_CASE("failures, cancels and ends of tasks race", "[task_group][stress]") {
    in_fibers([] {
        int wrong = 0;
        for (int i = 0; i != weft_test::sized(400, 250, 50); ++i) {
            std::atomic<int> alive = 0;
            std::optional<task_group> group(std::in_place);
            group->set_limit(static_cast<std::size_t>(i % 7));
            for (int k = 0; k != 16; ++k)
                group->go([&, k] {
                    ++alive;
                    struct leave {
                        std::atomic<int>& count;
                        ~leave() { --count; }
                    } const at_end{alive};
                    if (k == i % 32) throw std::runtime_error("planned");
                    weft::this_fiber::sleep_for(std::chrono::microseconds(k % 4));
                });
            if (i % 5 == 0) group->cancel();
            bool const may_fail = i % 32 < 16;
            if (has_failed(*group)) wrong += !may_fail;
            group.reset();
            wrong += alive != 0;
        }
        CHECK(wrong == 0);
    });
}
