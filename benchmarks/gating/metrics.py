"""What is counted, and how far a count may be from the committed one.

A count repeats itself unless the monitor's tick or the clock comes in between; that is what the tolerances leave room for.
"""
from dataclasses import dataclass

# In the order of the columns.
METRICS = ["instructions", "allocations", "system_calls", "switches", "parks", "wakeups"]


@dataclass(frozen=True)
class Tolerance:
    absolute: float
    relative: float = 0.0

    def around(self, expected):
        return max(self.absolute, self.relative * expected)


# 1 instruction is less than any lock; of 0.01 events a hundredth of all operations would have to have one.
TOLERANCES = {"instructions": Tolerance(1, 0.005)} | {name: Tolerance(0.01) for name in METRICS[1:]}

# Operations that wait for the kernel or for another thread: when these answer changes which way the worker takes.
LOOSER = {
    ("blocking", "instructions"): Tolerance(1, 0.05),
    ("blocking", "system_calls"): Tolerance(1),
    ("sleep", "instructions"): Tolerance(1, 0.02),
    ("tcp_echo", "instructions"): Tolerance(1, 0.02),
    ("tcp_echo", "system_calls"): Tolerance(0.25),
}


def tolerance(operation, metric):
    return LOOSER.get((operation, metric), TOLERANCES[metric])


def two_workers(operation):
    """Which of two workers does what depends on the clock: only what the runtime counts itself is the same each time."""
    return operation.endswith("_2_workers")
