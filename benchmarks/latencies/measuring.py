"""Plays each schedule to each program in turn, and keeps the distributions of what they recorded.

A run during which other programs used more than CALM of the machine is repeated, a few times at most; the least disturbed one
counts. What it recorded has no part in that choice.
"""
import subprocess
import time
from array import array
from collections import defaultdict

from . import arrivals, cells, distribution
from .machine_time import Meter

CALM = 0.05


class Run:
    """The samples of one measure in one run, in nanoseconds, and what the best possible servers would have reached."""

    def __init__(self, samples, ideal, others_share):
        self.others_share = others_share
        self.percentiles = distribution.percentiles_us(samples)
        self.ideal = distribution.percentiles_us(ideal)
        self.histogram = distribution.histogram(samples)
        self.curve = distribution.curve(samples)
        self.samples = len(samples)


class Results:
    """runs[measure name, cell, program] is a list with one Run per round that did not fail."""

    def __init__(self):
        self.rounds = 0
        self.runs = defaultdict(list)
        self.failures = []


def measure(programs, chosen, rounds, tries, seconds, minutes, folder, progress):
    """`programs` are (name, path, measures). Round by round, so that a slow minute of the machine touches all alike; who goes
    first rotates. No round is begun that would probably end after `minutes`; an interrupt leaves the complete rounds."""
    results = Results()
    began = time.monotonic()
    for number in range(rounds):
        elapsed = time.monotonic() - began
        if number > 0 and elapsed * (number + 1) / number > minutes * 60:
            break
        of_round = []
        try:
            for position, cell in enumerate(chosen):
                progress(f"round {number + 1} of {rounds}, {cell}, {time.monotonic() - began:.0f} s")
                due = arrivals.schedule(seconds, cell.load, cell.servers, cell.work_ns, seed=number)
                path = folder / "schedule"
                path.write_bytes(due.tobytes())
                first = (number + position) % len(programs)
                for name, program, measures in programs[first:] + programs[:first]:
                    of_round += one_program(name, program, measures, cell, due, path, tries, results.failures)
        except KeyboardInterrupt:
            break
        for key, run in of_round:
            results.runs[key].append(run)
        results.rounds = number + 1
    return results


def one_program(name, program, measures, cell, due, path, tries, failures):
    """Yields ((measure name, cell, program name), Run). Each workload is played once, for all that is read off it."""
    for workload in dict.fromkeys(measure.workload for measure in measures):
        try:
            others_share, columns = calmest(lambda: play(program, workload, cell, due, path), tries)
        except (subprocess.SubprocessError, ValueError) as reason:
            failures.append(f"{name}: {workload}, {cell}: {reason}")
            continue
        for measure in measures:
            if measure.workload == workload:
                yield (measure.name, cell, name), evaluate(columns[measure.since], columns["ran"], cell, others_share)


def calmest(run, tries):
    """Returns (the share of the machine that others used, what `run` returned) of the least disturbed try."""
    best = None
    for _ in range(tries):
        meter = Meter()
        made = run()
        share = meter.others_share()
        if best is None or share < best[0]:
            best = share, made
        if share <= CALM:
            break
    return best


def play(program, workload, cell, due, path):
    """One process. Returns the columns of what it recorded; it must have served every request, and none too early."""
    command = [program, workload, cell.workers, cells.FIBERS, cell.work_ns, "hog" if cell.hog else "alone", path]
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=30 + 4 * due[-1] * 1e-9)
    if done.returncode != 0:
        said = (done.stderr.decode(errors="replace").strip().splitlines() or ["nothing"])[-1]
        raise ValueError(f"exit status {done.returncode}, said: {said}")
    values = array("q", done.stdout)
    columns = {"due": values[0::3], "woken": values[1::3], "ran": values[2::3]}
    if columns["due"] != due:
        raise ValueError("did not play the schedule")
    since = columns["woken"] if workload == "channel" else due
    if any(begin < at or end < begin for at, begin, end in zip(due, since, columns["ran"])):
        raise ValueError("a request was served before it was due")
    return columns


def evaluate(since, ran, cell, others_share):
    counted = int(len(ran) * cells.WARM_UP)
    delays = [end - begin for begin, end in zip(since, ran)]
    ideal = arrivals.ideal_delays(since, cell.servers, cell.work_ns)
    return Run(delays[counted:], ideal[counted:], others_share)
