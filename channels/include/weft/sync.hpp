#pragma once
// Everything that fibers and threads synchronise by, besides channels.

#include <weft/barrier.hpp>
#include <weft/condition_variable.hpp>
#include <weft/event.hpp>
#include <weft/latch.hpp>
#include <weft/mutex.hpp>
#include <weft/once.hpp>
#include <weft/once_value.hpp>
#include <weft/pool.hpp>
#include <weft/semaphore.hpp>
#include <weft/shared_mutex.hpp>
#include <weft/timed_mutex.hpp>
#include <weft/wait_group.hpp>
