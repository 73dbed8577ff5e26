"""Exact percentiles of samples that were all kept, and a histogram of them."""
import math
from bisect import bisect_right

PERCENTILES = {"p50": 50, "p90": 90, "p99": 99, "p99.9": 99.9, "max": 100}
EDGES_US = [0, 1, 5] + [step * 10**power for power in range(1, 6) for step in (1, 2, 5)]  # the last bucket has no end


def percentile(ordered, percent):
    """The smallest sample that at least so many percent of them do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100 - 1e-9) - 1)]


def percentiles_us(samples_ns):
    ordered = sorted(samples_ns)
    return {name: percentile(ordered, percent) / 1000 for name, percent in PERCENTILES.items()}


def histogram(samples_ns):
    """How many samples each bucket [edge, next edge) of EDGES_US holds."""
    ordered = sorted(samples_ns)
    below = [bisect_right(ordered, edge * 1000 - 1) for edge in EDGES_US] + [len(ordered)]
    return [end - begin for begin, end in zip(below, below[1:])]


def curve(samples_ns, points_per_decade=10):
    """(1 / share of samples above, delay in µs): the tail, evenly in powers of ten, as far as there are samples."""
    ordered = sorted(samples_ns)
    last = int(math.log10(len(ordered)) * points_per_decade)
    rarities = [10 ** (i / points_per_decade) for i in range(last + 1)]
    return [(rarity, percentile(ordered, 100 * (1 - 1 / rarity)) / 1000) for rarity in rarities]
