"""What is measured: the loads, the workloads, and what is read off each."""
from dataclasses import dataclass

FIBERS = 10_000
WORK_NS = 10_000  # so that what the queue makes inevitable at 70 % leaves room below the target; 20 µs would not, with one worker
LOADS = [0, 0.5, 0.7, 0.9]
WARM_UP = 0.2  # the first part of each schedule does not count


@dataclass(frozen=True)
class Cell:
    """One load on one number of workers."""
    workers: int
    hog: bool  # one more fiber computes without a break, and takes a worker with it
    load: float

    @property
    def servers(self):
        """The workers that are there for requests; the load is a share of them."""
        return self.workers - self.hog

    @property
    def work_ns(self):
        return WORK_NS if self.load else 0

    def __str__(self):
        return f"P={self.workers}{', beside a hog' if self.hog else ''}, {self.load:.0%}"


@dataclass(frozen=True)
class Measure:
    """Something that is read off the records (due, woken, ran) of a workload."""
    name: str
    workload: str
    since: str  # "woken" or "due": where the delay begins; it ends at "ran"
    what: str


@dataclass(frozen=True)
class Target:
    p99_us: float
    p999_us: float | None = None


MEASURES = [
    Measure("wake to run", "channel", "woken",
            "from immediately before a fiber sends to the first instruction of the fiber that this wakes"),
    Measure("due to run", "channel", "due", "the same from when the request was due: what its sender was late is added"),
    Measure("timer lateness", "timer", "due",
            "from the time until which a fiber sleeps to its first instruction after that"),
]
# Threads that spin play the same schedule; what they are late is the queue's and the machine's doing.
THREADS = Measure("due to run", "threads", "due", "")


def cells(workers):
    """A hog needs a worker of its own: beside one on a single worker nothing is left that a load could be a share of."""
    return [Cell(count, hog, load) for count in workers for hog in (False, True) if count > hog for load in LOADS]


def target(measure, cell):
    if measure.name != "wake to run" or cell.load != 0.7:
        return None
    return Target(2_000) if cell.hog else Target(100, 1_000)
