"""Says where an operation's cost goes: instructions, locked instructions and cache misses per operation and function."""
import re
import tempfile
from collections import defaultdict
from pathlib import Path

from .counting import ROUNDS, run

FIRST_LEVEL = "49152,12,64"  # bytes, ways, bytes per line: whatever the machine has, so that counts can be compared
SHOWN = 0.3  # of an instruction
# On x86 an exchange with memory needs no prefix; fences are written as one of these.
LOCKED = re.compile(r"^ +([0-9a-f]+):\t(lock |xchg .*\(|mfence)")


def profile(program, operation):
    """A table: one row per function."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        run(["valgrind", "--tool=callgrind", "--quiet", "--collect-atstart=no", "--dump-instr=yes", "--compress-pos=no",
             "--compress-strings=no", "--cache-sim=yes", f"--D1={FIRST_LEVEL}", f"--callgrind-out-file={out}",
             program, operation, str(ROUNDS)])
        sections = [read(dump) for dump in sorted(Path(folder).glob("out.*"))]
    smallest = {}
    for repetitions, costs in filter(None, sections):
        known = smallest.get(repetitions)
        if known is None or total(costs) < total(known):
            smallest[repetitions] = costs
    (n, fewer), (_, more) = sorted(smallest.items())
    per_operation = {at: [(a - b) / n for a, b in zip(more.get(at, [0, 0]), fewer.get(at, [0, 0]))]
                     for at in more.keys() | fewer.keys()}
    return table(operation, per_operation, locked_instructions(program), str(program))


def total(costs):
    return sum(instructions for instructions, _ in costs.values())


def read(dump):
    """(repetitions, {(object, function, address): [instructions, misses]}) of one section, without what it calls."""
    text = dump.read_text()
    section = re.search(r"^desc: Trigger: Client Request: (\d+)$", text, re.MULTILINE)
    if not section:
        return None
    events = re.search(r"^events: (.*)$", text, re.MULTILINE)[1].split()
    costs = defaultdict(lambda: [0, 0])
    of_call = False
    at_object = at_function = None
    for line in text.splitlines():
        if line.startswith("ob="):
            at_object = line[3:]
        elif line.startswith("fn="):
            at_function = line[3:]
        elif line.startswith("calls="):
            of_call = True
        elif line.startswith("0x"):
            address, _, *values = line.split()
            count = dict(zip(events, map(int, values)))
            if not of_call:
                cost = costs[at_object, at_function, int(address, 16)]
                cost[0] += count.get("Ir", 0)
                cost[1] += count.get("D1mr", 0) + count.get("D1mw", 0)
            of_call = False
    return int(section[1]), costs


def locked_instructions(program):
    lines = run(["objdump", "--disassemble", "--no-show-raw-insn", program]).stdout.splitlines()
    return {int(found[1], 16) for found in map(LOCKED.match, lines) if found}


def table(operation, per_operation, locked, program):
    rows = defaultdict(lambda: [0.0, 0.0, 0.0])
    for (where, function, address), (instructions, misses) in per_operation.items():
        row = rows[short(function)]
        row[0] += instructions
        row[1] += instructions if where == program and address in locked else 0
        row[2] += misses
    lines = [f"{'instructions':>12}  {'locked':>6}  {'misses':>6}  {operation}"]
    sums = [sum(column) for column in zip(*rows.values())]
    for name, row in [("total", sums)] + sorted(rows.items(), key=lambda item: -item[1][0]):
        if row[0] >= SHOWN:
            lines.append(f"{row[0]:12.1f}  {row[1]:6.2f}  {row[2]:6.2f}  {name}")
    return "\n".join(lines)


def short(function):
    """Without arguments, and without callgrind's mark of recursion: a fiber switch looks like a call to it."""
    name = re.sub(r"'\d+$", "", function).replace("(anonymous namespace)", "{}").replace("weft::detail::", "")
    name = re.sub(r"<.*>", "<>", name)
    return name.split("(")[0].split(" [")[0].rstrip(")")
