"""Runs the programs in turns, checks what they computed, and keeps every value."""
import subprocess
import time
from collections import defaultdict

from .rows import derived

LONGEST_RUN_S = 120


class Results:
    """values[(row, workers, program)] is a list with one value per round, None where the run failed."""

    def __init__(self):
        self.rounds = 0
        self.values = defaultdict(list)
        self.failures = []

    def of(self, row, workers, program):
        return self.values.get((row, workers, program), [])

    def good(self, row, workers, program):
        return [value for value in self.of(row, workers, program) if value is not None]

    def ratios(self, row, workers, program, base="weft", base_workers=None):
        """Pairwise, within each round: `program` against `base`."""
        ours = self.of(row, base_workers or workers, base)
        theirs = self.of(row, workers, program)
        return [t / o for t, o in zip(theirs, ours) if t is not None and o]


def measure(programs, workloads, workers, rounds, minutes, progress):
    """Round by round, so that a slow minute of the machine touches all rows and programs alike. No round is begun that would
    probably end after `minutes`; an interrupt leaves the rounds that are complete."""
    results = Results()
    started = time.monotonic()
    for number in range(rounds):
        elapsed = time.monotonic() - started
        if number > 0 and elapsed * (number + 1) / number > minutes * 60:
            break
        try:
            measured = one_round(programs, [w for w in workloads if number == 0 or not w.once], workers, number,
                                 results.failures,
                                 lambda name, count: progress(number, rounds, count, name, time.monotonic() - started))
        except KeyboardInterrupt:
            break
        for (program, count), values in measured.items():
            for row, value in [*values.items(), *derived(values)]:
                series = results.values[row, count, program]
                series += [None] * (number - len(series)) + [value]
        results.rounds = number + 1
    return results


def one_round(programs, workloads, workers, number, failures, progress):
    """Each program runs each workload once with each number of workers, next to the others; who goes first rotates.
    Returns row -> value by program and number of workers."""
    measured = {(program.name, count): {} for program in programs for count in workers}
    for position, workload in enumerate(workloads):
        first = (number + position) % len(programs)
        for count in workers:
            progress(workload.name, count)
            for program in programs[first:] + programs[:first]:
                measured[program.name, count] |= run(program, workload, count, failures)
    return measured


def run(program, workload, workers, failures):
    """One process. Returns the value of each row it measured; what goes wrong is added to `failures`."""
    try:
        done = subprocess.run([program.path, workload.name, str(workers), str(workload.operations)], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST_RUN_S)
        values = understood(done, workload)
    except subprocess.TimeoutExpired:
        problem = f"did not end within {LONGEST_RUN_S} s"
    except Wrong as wrong:
        problem = str(wrong)
    else:
        return values
    failures.append(f"{program.name}: {workload.name}, {workers} workers: {problem}")
    return {}


class Wrong(Exception):
    """What a program did that it should not."""


def understood(done, workload):
    """What a process that ended has measured: row -> value."""
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise Wrong(f"exit status {done.returncode}, said: {said}")
    if not done.stdout:
        raise Wrong("printed nothing")
    expected = workload.checksum(workload.operations)
    values = {}
    for line in done.stdout.splitlines():
        if line == f"{workload.name} absent":
            continue
        try:
            name, value, checksum = line.split()
            value, checksum = float(value), int(checksum)
        except ValueError:
            raise Wrong(f"printed {line!r}") from None
        if checksum != expected:
            raise Wrong(f"computed {checksum} instead of {expected}")
        values[name] = value
    return values
