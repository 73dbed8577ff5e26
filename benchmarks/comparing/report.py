"""Turns the results into a report: medians, ratios with their spread, targets, scaling."""
import json
from collections import Counter
from statistics import median

from . import scaling
from .rows import ROWS
from .targets import judge


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def times(ratios):
    """The median of the pairwise ratios, and the smallest and largest."""
    return f"{short(median(ratios))}× ({short(min(ratios))}–{short(max(ratios))})"


def short(ratio):
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"


def compared(row, workers, peer, results):
    """A peer's median, and its ratio to weft's."""
    good = results.good(row.name, workers, peer)
    ratios = results.ratios(row.name, workers, peer)
    cell = number(median(good)) if good else "—"
    return f"{cell} · {times(ratios)}" if ratios else cell


def table(results, programs, workers):
    """Rows of cells; the first is the heading."""
    peers = [program.name for program in programs if program.name != "weft"]
    beside_one_worker = 1 in workers and len(workers) > 1
    heading = ["workload", "unit", "P", "weft", *(f"{peer} · ÷ weft" for peer in peers)]
    lines = [heading + ["weft ÷ its P=1"] * beside_one_worker + ["target", "reached"]]
    for row in ROWS:
        for count in workers:
            if not any(results.of(row.name, count, program.name) for program in programs):
                continue
            ours = results.good(row.name, count, "weft")
            cells = [row.name, row.unit, str(count), number(median(ours)) if ours else "—"]
            cells += [compared(row, count, peer, results) for peer in peers]
            if beside_one_worker:
                ratios = results.ratios(row.name, count, "weft", base_workers=1)
                cells.append(times(ratios) if count != 1 and ratios else "")
            lines.append(cells + list(judge(row, count, results)))
    return lines


def as_markdown(lines):
    widths = [max(map(len, column)) for column in zip(*lines)]
    aligned = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([aligned[0], rule, *aligned[1:]])


def summary(lines):
    """How many rows reach their targets."""
    verdicts = Counter(line[-1].split(":")[0].split(" (")[0] for line in lines[1:] if line[-1])
    counted = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in ("met", "missed", "not measured") if verdicts[verdict])
    return f"Targets: {counted}. Absolute ones (ns, B) were set for 2 virtual CPUs of a Zen 4." if counted else ""


def document(results, programs, workers, machine, command, notes):
    """The whole report, as Markdown that also reads well in a terminal."""
    lines = table(results, programs, workers)
    text = ["Medians per operation, less is better; a ratio says how many times weft's value the peer needs: the median "
            f"(smallest–largest) of the pairwise ratios of {results.rounds} interleaved rounds.", "", as_markdown(lines)]
    if reached := summary(lines):
        text += ["", reached]
    if scaled := scaling.table(results, programs, workers):
        text += ["", "Scaling, as efficiency: the speed with P workers ÷ (P × the speed with one). `plain_threads` has no "
                 "fibers: it is what the machine gives.", "", as_markdown(scaled)]
    measured = {name for name, _, _ in results.values}
    text += ["", "Workloads:", *(f"- {row.name}: {row.what}" for row in ROWS if row.name in measured)]
    text += ["", "Versions:", *(f"- {program.name}: {program.version}" for program in programs)]
    text += [f"- machine: {in_words(machine)}", f"- command: {command}", *(f"- {note}" for note in notes)]
    if results.failures:
        counted = Counter(results.failures).items()
        text += ["", "Failed runs:", *(f"- {failure} ({n} of {results.rounds})" for failure, n in counted)]
    return "\n".join(text) + "\n"


def in_words(machine):
    return (f"{machine['cpu']}, {machine['cpus']} CPUs, {machine['memory_gib']} GiB, "
            f"Linux {machine['kernel']}, {machine['system']}")


def as_json(results, programs, workloads, workers, machine, command, notes):
    samples = [{"workload": row, "workers": count, "program": name, "values": values}
               for (row, count, name), values in results.values.items()]
    measured = {(row, count) for row, count, _ in results.values}
    judged = [(row, count, *judge(row, count, results)) for row in ROWS for count in workers if (row.name, count) in measured]
    targets = [{"workload": row.name, "workers": count, "target": target, "reached": verdict}
               for row, count, target, verdict in judged if target]
    return json.dumps({
        "command": command, "rounds": results.rounds, "machine": machine, "notes": notes, "failures": results.failures,
        "versions": {program.name: program.version for program in programs},
        "units": {row.name: row.unit for row in ROWS},
        "operations": {workload.name: workload.operations for workload in workloads},
        "samples": samples, "targets": targets,
    }, indent=1, ensure_ascii=False) + "\n"
