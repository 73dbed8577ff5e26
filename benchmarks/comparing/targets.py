"""What weft means to reach: for each row and number of workers, the conditions in the order in which the report names them.

A condition says itself in words, and whether results meet it: True, False, or None where nothing was measured to judge by.
Absolute values were set for one machine (2 virtual CPUs of a Zen 4); the ratios are meant for all.
"""
from dataclasses import dataclass
from statistics import median


def plain(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:g}"


@dataclass(frozen=True)
class AtMost:
    value: float  # in the row's unit

    def text(self, unit):
        return f"≤ {plain(self.value)} {unit}".rstrip()

    def met(self, results, row, workers):
        ours = results.good(row, workers, "weft")
        return median(ours) <= self.value if ours else None


@dataclass(frozen=True)
class Times:
    """What this peer needs, as a multiple of what weft needs."""
    factor: float
    peer: str

    def text(self, _unit):
        return f"ahead of {self.peer}" if self.factor == 1 else f"≥ {self.factor:g}× {self.peer}"

    def met(self, results, row, workers):
        ratios = results.ratios(row, workers, self.peer)
        return median(ratios) >= self.factor if ratios else None


@dataclass(frozen=True)
class OfOneWorker:
    """At most so many times what weft needs with one worker."""
    factor: float

    def text(self, _unit):
        return f"≤ {self.factor:g}× P=1"

    def met(self, results, row, workers):
        ratios = results.ratios(row, workers, "weft", base_workers=1)
        return median(ratios) <= self.factor if ratios else None


@dataclass(frozen=True)
class SpeedUp:
    """At least so many times as fast as weft with one worker."""
    factor: float

    def text(self, _unit):
        return f"≥ {self.factor:g} × the speed of P=1"

    def met(self, results, row, workers):
        ratios = results.ratios(row, workers, "weft", base_workers=1)
        return 1 / median(ratios) >= self.factor if ratios else None


# A second worker must not make what two fibers do with each other much slower.
NO_COLLAPSE = [OfOneWorker(1.3)]
BUFFERED = {1: [AtMost(12), Times(3, "Go"), Times(1, "flume")], 2: [AtMost(70), Times(1.5, "Go"), Times(1, "flume")]}


def with_any_workers(condition):
    return {1: [condition], 2: [condition]}


TARGETS = {
    "yield": {1: [Times(6, "Go")], 2: NO_COLLAPSE},
    "spawn_join": {1: [AtMost(45), Times(8, "Go"), Times(3, "tokio")], 2: NO_COLLAPSE},
    "spawn_waves": {1: [AtMost(35), Times(7, "Go")], 2: NO_COLLAPSE},
    "skynet": {1: [AtMost(80), Times(14, "Go"), Times(9, "tokio")], 2: [AtMost(80)]},
    "chan_ping_pong": {1: [AtMost(65), Times(6, "Go"), Times(1.8, "tokio")], 2: NO_COLLAPSE},
    "chan_unbuffered_1_1": {1: [AtMost(38), Times(4, "Go")], 2: NO_COLLAPSE},
    "chan_buffered_1_1": BUFFERED,
    "chan_buffered_8_1": BUFFERED,
    "chan_buffered_8_8": BUFFERED,
    "select_parked": {1: [Times(3, "Go")], 2: [OfOneWorker(1.4)]},
    "select_ready": {1: [Times(3, "Go")], 2: [OfOneWorker(1.4)]},
    "select_default": {1: [Times(1.5, "Go")], 2: [OfOneWorker(1.4)]},
    "timer_arm_stop": {1: [AtMost(40), Times(8, "Go")]},
    "sleep_1us": {1: [AtMost(120)]},
    "fork_join": {2: [SpeedUp(1.9)]},
    "parked_start_to_bare": with_any_workers(AtMost(1.3)),
    "parked_resident": with_any_workers(AtMost(4.3 * 1024)),
    "parked_mappings": with_any_workers(AtMost(65_530)),  # the default vm.max_map_count
    "parked_left": with_any_workers(AtMost(2)),
    "idle_process": with_any_workers(AtMost(0.5)),
}


def judge(row, workers, results):
    """The conditions of a row in words, and what became of them; ("", "") where there is none."""
    conditions = TARGETS.get(row.name, {}).get(workers, [])
    verdicts = [(condition.text(row.unit), condition.met(results, row.name, workers)) for condition in conditions]
    missed = [text for text, met in verdicts if met is False]
    unknown = [text for text, met in verdicts if met is None]
    if not verdicts or len(unknown) == len(verdicts):
        verdict = "not measured" if verdicts else ""
    else:
        # Of a single condition it need not be said which.
        which = f": {', '.join(missed)}" if missed and len(verdicts) > 1 else ""
        verdict = f"missed{which}" if missed else "met"
        if unknown:
            verdict += f" (not measured: {', '.join(unknown)})"
    return ", ".join(text for text, _ in verdicts), verdict
