#pragma once
// Everything but http and TLS.

#include <weft/blocking.hpp>
#include <weft/broadcast.hpp>
#include <weft/chan.hpp>
#include <weft/channel_ranges.hpp>
#include <weft/clock.hpp>
#include <weft/context.hpp>
#include <weft/defer.hpp>
#include <weft/dump.hpp>
#include <weft/error.hpp>
#include <weft/fan_out.hpp>
#include <weft/fiber.hpp>
#include <weft/fiber_local.hpp>
#include <weft/go.hpp>
#include <weft/leak_guard.hpp>
#include <weft/net.hpp>
#include <weft/parallel.hpp>
#include <weft/rate_limiter.hpp>
#include <weft/runtime.hpp>
#include <weft/select.hpp>
#include <weft/single_flight.hpp>
#include <weft/site.hpp>
#include <weft/stats.hpp>
#include <weft/stuck.hpp>
#include <weft/sync.hpp>
#include <weft/task_group.hpp>
#include <weft/this_fiber.hpp>
#include <weft/time.hpp>
#include <weft/weighted_semaphore.hpp>

/// Fibers, channels, select and what belongs to them.
namespace weft {}
