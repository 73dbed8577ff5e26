#pragma once
// Everything that happens at a time.

#include <weft/clock.hpp>
#include <weft/func_timer.hpp>
#include <weft/ticker.hpp>
#include <weft/timer.hpp>
