"""Starts the servers in turns, puts the load on them, and keeps every value."""
import subprocess
import time
from contextlib import contextmanager

from comparing.measuring import Results

LONGEST_RUN_S = 60


class Wrong(Exception):
    """What a program did that it should not."""


def used(row):
    """Under which name the results keep the processor time of a row."""
    return f"{row.name} processor"


def measure(programs, load, rows, workers, rounds, seconds, minutes, files, progress):
    """Round by round, so that a slow minute touches all rows and programs alike; who goes first rotates. The values of a row are
    operations per second, and microseconds of the server's processor time per operation."""
    results = Results()
    began = time.monotonic()
    for number in range(rounds):
        elapsed = time.monotonic() - began
        if number > 0 and elapsed * (number + 1) / number > minutes * 60:
            break
        measured = {}
        try:
            for position, row in enumerate(rows):
                first = (number + position) % len(programs)
                for count in workers:
                    progress(f"round {number + 1} of {rounds}, P={count}, {row.name}, {time.monotonic() - began:.0f} s")
                    for program in programs[first:] + programs[:first]:
                        measured |= one(program, load, row, count, seconds, files, results.failures)
        except KeyboardInterrupt:
            break
        for key, value in measured.items():
            results.values[key] += [None] * (number - len(results.values[key])) + [value]
        results.rounds = number + 1
    return results


def one(program, load, row, workers, seconds, files, failures):
    """The values of one run by (name, workers, program); none where it failed, or the program has no such service."""
    try:
        said = run(program, load, row, workers, seconds, files)
    except (Wrong, OSError, subprocess.SubprocessError) as reason:
        failures.append(f"{program.name}: {row.name}, {workers} workers: {reason}")
        return {}
    if said is None:
        return {}
    if row.load == "idle":
        return {(row.name, workers, program.name): said[0]}
    operations, passed, processor = said
    if operations == 0:
        failures.append(f"{program.name}: {row.name}, {workers} workers: not one operation")
        return {}
    return {(row.name, workers, program.name): operations / passed,
            (used(row), workers, program.name): processor / operations * 1e6}


def run(program, load, row, workers, seconds, files):
    """The numbers that were printed; None if the program has no such service."""
    command = [program.path, row.service, workers, *files[row.service]]
    if row.load is None:
        return numbers(finished([*command, seconds]))
    with serving(command) as (server, port):
        return None if port is None else numbers(finished([load, row.load, port, server.pid, row.clients, row.message, seconds]))


@contextmanager
def serving(command):
    """A server and its port, which is None if it serves no such thing."""
    with subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            line = server.stdout.readline().strip()
            if line != "absent" and not line.isdigit():
                raise Wrong(f"said {line!r} instead of its port")
            yield server, None if line == "absent" else line
            server.stdin.close()
            if server.wait(LONGEST_RUN_S) != 0:
                raise Wrong(f"the server ended with status {server.returncode}")
        finally:
            server.kill()


def finished(command):
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST_RUN_S)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise Wrong(f"exit status {done.returncode}, said: {said}")
    return done.stdout


def numbers(text):
    return None if text.strip() == "absent" else list(map(float, text.split()))
