"""Counts what one operation costs.

The program repeats the operation n and 2n times, in rounds. What else happens meanwhile only adds: so of all rounds the
smallest count is taken, for n and for 2n, and an operation costs the difference divided by n.
"""
import os
import re
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

from .metrics import two_workers

ROUNDS = 3
LONGEST_RUN_S = 120


class Uncountable(Exception):
    """This machine does not let something be counted; the message says why."""


def operations(program):
    return run([program]).stdout.split()


def built_with(program):
    """Everything that decides how many instructions an operation has: compiler, C library, processor family."""
    return run([program, "about"]).stdout.strip()


def count(program, operation, with_strace=True):
    """metric -> events per operation."""
    counts = runtime_counts(program, operation)
    if not two_workers(operation):
        counts["instructions"] = instructions(program, operation)
        if with_strace:
            counts["system_calls"] = system_calls(program, operation)
    return counts


def runtime_counts(program, operation):
    sections = [list(map(int, line.split())) for line in run([program, operation, str(ROUNDS)]).stdout.splitlines()]
    names = ["allocations", "switches", "parks", "wakeups"]
    return {name: slope([(section[0], section[1 + column]) for section in sections]) for column, name in enumerate(names)}


def instructions(program, operation):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        # Only totals are taken from it: its call graph knows nothing of fibers.
        run(["valgrind", "--tool=callgrind", "--quiet", "--collect-atstart=no", f"--callgrind-out-file={out}",
             program, operation, str(ROUNDS)])
        return slope([section for dump in sorted(Path(folder).glob("out.*")) for section in callgrind_section(dump)])


def callgrind_section(dump):
    text = dump.read_text()
    name = re.search(r"^desc: Trigger: Client Request: (\d+)$", text, re.MULTILINE)
    total = re.search(r"^totals: (\d+)$", text, re.MULTILINE)
    return [(int(name[1]), int(total[1]))] if name and total else []


def system_calls(program, operation):
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        run(["strace", "-f", "-qq", "-e", "signal=none", "-o", log, program, operation, str(ROUNDS)])
        return slope(strace_sections(log.read_text(errors="replace").splitlines()))


def strace_sections(lines):
    """(repetitions, calls) of each section: those of the thread that marked it, which is the only worker."""
    sections, thread, calls = [], None, 0
    for line in lines:
        marked = re.match(r'(\d+) +write\(-1, "(begin|end) (\d+)"', line)
        if marked and marked[2] == "begin":
            thread, calls = marked[1], 0
        elif marked:
            sections.append((int(marked[3]), calls))
            thread = None
        elif thread is not None:
            # A call that another thread's interrupted has a second line, with what it returned.
            caller, call = line.split(maxsplit=1)
            calls += caller == thread and not call.startswith("<...")
    return sections


def slope(sections):
    smallest = defaultdict(lambda: float("inf"))
    for repetitions, events in sections:
        smallest[repetitions] = min(smallest[repetitions], events)
    (n, fewer), (twice, more) = sorted(smallest.items())
    assert twice == 2 * n and len(sections) == 2 * ROUNDS, sections
    return (more - fewer) / n


def check_strace():
    """Containers often forbid what strace needs."""
    done = subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], text=True, stdin=subprocess.DEVNULL,
                          capture_output=True)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise Uncountable(f"strace does not work here; it said: {said}")


def run(command):
    # The environment can override a runtime's options; here nothing but the program chooses them.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WEFT_")}
    try:
        done = subprocess.run(list(map(str, command)), env=environment, text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=LONGEST_RUN_S)
    except subprocess.TimeoutExpired:
        raise SystemExit(f"did not end within {LONGEST_RUN_S} s: {' '.join(map(str, command))}") from None
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout}{done.stderr}\nexit status {done.returncode}: {' '.join(map(str, command))}")
    return done
