"""Runs the programs in turns, checks what they computed, and keeps every value."""
import subprocess
import time
from collections import defaultdict

from .rows import derived

LONGEST_RUN_S = 60


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
            for count in workers:
                measured = one_round(programs, workloads, count, number, results.failures,
                                     lambda name: progress(number, rounds, count, name, time.monotonic() - started))
                for program, values in measured.items():
                    for row, value in [*values.items(), *derived(values)]:
                        series = results.values[row, count, program]
                        series += [None] * (number - len(series)) + [value]
        except KeyboardInterrupt:
            break
        results.rounds = number + 1
    return results


def one_round(programs, workloads, workers, number, failures, progress):
    """Each program runs each workload once, next to the others; who goes first rotates. Returns row -> value by program."""
    measured = {program.name: {} for program in programs}
    for position, workload in enumerate(workloads):
        progress(workload.name)
        first = (number + position) % len(programs)
        for program in programs[first:] + programs[:first]:
            measured[program.name] |= run(program, workload, workers, failures)
    return measured


def run(program, workload, workers, failures):
    """One process. Returns the value of each row it measured; what goes wrong is added to `failures`."""
    try:
        done = subprocess.run([program.path, workload.name, str(workers), str(workload.operations)], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST_RUN_S)
    except subprocess.TimeoutExpired:
        return fail(f"did not end within {LONGEST_RUN_S} s", program, workload, workers, failures)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        return fail(f"exit status {done.returncode}, said: {said}", program, workload, workers, failures)

    values = {}
    for line in done.stdout.splitlines():
        name, *rest = line.split()
        if rest == ["absent"]:
            continue
        value, checksum = float(rest[0]), int(rest[1])
        expected = workload.checksum(workload.operations)
        if checksum != expected:
            return fail(f"computed {checksum} instead of {expected}", program, workload, workers, failures)
        values[name] = value
    return values


def fail(why, program, workload, workers, failures):
    failures.append(f"{program.name}: {workload.name}, {workers} workers: {why}")
    return {}
