"""Shows that the measuring notices what it is there to notice: programs that go wrong in each way, beside one that does not."""
import tempfile
from pathlib import Path

from . import measuring, report, rows
from .programs import Program

WORKLOAD = rows.Workload("yield", 10, rows.count)

# What a program does as a shell script, and what must be said about it; nothing for the one that is right.
PROGRAMS = {
    "right": ('echo "$1 2.5 $3"', None),
    "absent": ('echo "$1 absent"', None),
    "miscounting": ('echo "$1 2.5 11"', "computed 11 instead of 10"),
    "crashing": ("echo out of luck >&2; kill -9 $$", "exit status -9, said: out of luck"),
    "failing": ("echo no such thing >&2; exit 2", "exit status 2, said: no such thing"),
    "hanging": ("exec sleep 60", "did not end within 1 s"),
    "silent": (":", "printed nothing"),
    "babbling": ("echo hello", "printed 'hello'"),
}


def run():
    measuring.LONGEST_RUN_S = 1
    with tempfile.TemporaryDirectory() as folder:
        programs = [script(Path(folder), name, body) for name, (body, _) in PROGRAMS.items()]
        results = measuring.measure(programs, [WORKLOAD], [1], 1, 1, lambda *_: None)
    wrong = 0
    for name, (_, expected) in PROGRAMS.items():
        said = [failure.split(": ", 2)[2] for failure in results.failures if failure.startswith(f"{name}: ")]
        values = results.good("yield", 1, name)
        fine = said == ([expected] if expected else []) and values == ([2.5] if name == "right" else [])
        wrong += not fine
        print(f"benchmarks/compare: {name}: {'ok' if fine else 'NOT NOTICED'}: {said or values or 'no value'}")

    machine = dict.fromkeys(("cpu", "cpus", "memory_gib", "kernel", "system"), "")
    text = report.document(results, programs, [1], machine, "", [])
    unsaid = [failure for failure in results.failures if failure not in text]
    print(*(f"benchmarks/compare: the report does not say: {failure}" for failure in unsaid), sep="\n", end="")
    return 1 if wrong or unsaid else 0


def script(folder, name, body):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return Program(name, path, "")
