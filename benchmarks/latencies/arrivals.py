"""Schedules of requests, and what the best possible servers would make of them."""
import random
from array import array

IDLE_RATE = 5_000  # requests per second at "0 %": so few that none meets another


def schedule(seconds, load, servers, work_ns, seed):
    """Poisson arrivals that keep so many servers busy for the fraction `load` of their time, in nanoseconds, ascending."""
    rate = IDLE_RATE if load == 0 else servers * load / (work_ns * 1e-9)
    draw = random.Random(seed).expovariate
    due, at = array("q"), 0.0
    while (at := at + draw(rate)) < seconds:
        due.append(int(at * 1e9))
    return due


def ideal_delays(arrived, servers, work_ns):
    """How long each request waits for the first of `servers` to be free, when nothing else takes any time: one queue, served in
    order. As the work is always the same, a request starts when the one `servers` before it has ended."""
    starts = []
    for number, at in enumerate(arrived):
        free = starts[number - servers] + work_ns if number >= servers else at
        starts.append(max(at, free))
    return [start - at for start, at in zip(starts, arrived)]
