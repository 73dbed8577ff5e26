// Turns a hang into a failure that says where everybody was.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "support/build.hpp"

namespace weft_test {

/// Ends the process with a dump of all fibers unless it is destroyed within `limit`.
///
/// It is a thread that the runtime does not know, so while one exists the runtime never takes "all fibers are asleep" for
/// certain. Tests of the deadlock exit therefore run in child processes, see `child`.
class watchdog {
public:
    static constexpr std::chrono::seconds default_limit{sanitized ? 240 : 60};

    explicit watchdog(std::string what, std::chrono::seconds limit = default_limit);
    ~watchdog();
    watchdog(watchdog const&) = delete;
    watchdog& operator=(watchdog const&) = delete;

private:
    void watch();

    std::string what_;
    std::chrono::seconds limit_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool over_ = false;  // guarded by mutex_
    std::thread thread_;
};

}  // namespace weft_test
