#pragma once
// Everything but http and TLS.

#include <weft/blocking.hpp>
#include <weft/chan.hpp>
#include <weft/clock.hpp>
#include <weft/defer.hpp>
#include <weft/error.hpp>
#include <weft/fiber.hpp>
#include <weft/go.hpp>
#include <weft/net.hpp>
#include <weft/runtime.hpp>
#include <weft/select.hpp>
#include <weft/site.hpp>
#include <weft/stats.hpp>
#include <weft/stuck.hpp>
#include <weft/sync.hpp>
#include <weft/this_fiber.hpp>
#include <weft/time.hpp>
