"""Turns the results into one table: medians, ratios with their spread, targets."""
import json
from collections import Counter
from statistics import median

from .rows import ROWS


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def times(ratios):
    """The median of the pairwise ratios, and the smallest and largest."""
    if not ratios:
        return "—"
    return f"{short(median(ratios))}× ({short(min(ratios))}–{short(max(ratios))})"


def short(ratio):
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"


def judge(row, workers, results):
    """The target of a row in words, and whether it was met; ("", "") where there is none."""
    target = row.targets.get(workers)
    if target is None:
        return "", ""
    ours = results.good(row.name, workers, "weft")
    parts, checks = [], []
    if target.at_most is not None:
        parts.append(f"≤ {number(target.at_most)} {row.unit}")
        checks.append(bool(ours) and median(ours) <= target.at_most)
    for peer, factor in target.times.items():
        ratios = results.ratios(row.name, workers, peer)
        parts.append(f"{peer} ≥ {factor}×")
        if ratios:
            checks.append(median(ratios) >= factor)
    if target.to_one_worker is not None:
        ratios = results.ratios(row.name, workers, "weft", base_workers=1)
        parts.append(f"≤ {target.to_one_worker:.2f} of P=1")
        if ratios:
            checks.append(median(ratios) <= target.to_one_worker)
    return ", ".join(parts), "" if not ours or not checks else "met" if all(checks) else "missed"


def table(results, programs, workers):
    """Rows of cells; the first is the heading."""
    peers = [program.name for program in programs if program.name != "weft"]
    heading = ["workload", "unit", "P", "weft", *peers, *(f"{peer} ÷ weft" for peer in peers)]
    if 1 in workers and len(workers) > 1:
        heading.append("weft ÷ its P=1")
    lines = [heading + ["target", ""]]
    for row in ROWS:
        for count in workers:
            if not any(results.of(row.name, count, program.name) for program in programs):
                continue
            cells = [row.name, row.unit, str(count)]
            for name in ["weft", *peers]:
                good = results.good(row.name, count, name)
                cells.append(number(median(good)) if good else "—")
            cells += [times(results.ratios(row.name, count, peer)) for peer in peers]
            if len(heading) > 4 + 2 * len(peers):
                cells.append("" if count == 1 else times(results.ratios(row.name, count, "weft", base_workers=1)))
            lines.append(cells + list(judge(row, count, results)))
    return lines


def as_markdown(lines):
    widths = [max(map(len, column)) for column in zip(*lines)]
    aligned = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([aligned[0], rule, *aligned[1:]])


def document(results, programs, workers, machine, command, notes):
    """The whole report, as Markdown that also reads well in a terminal."""
    lines = ["Medians per operation; ratios are the median (smallest–largest) of the pairwise ratios of "
             f"{results.rounds} interleaved rounds.", "", as_markdown(table(results, programs, workers)), "", "Workloads:"]
    measured = {name for name, _, _ in results.values}
    lines += [f"- {row.name}: {row.what}" for row in ROWS if row.name in measured]
    lines += ["", "Versions:", *(f"- {program.name}: {program.version}" for program in programs)]
    lines += [f"- machine: {machine['cpu']}, {machine['cpus']} CPUs, {machine['memory_gib']} GiB, "
              f"Linux {machine['kernel']}, {machine['system']}"]
    lines += [f"- command: {command}", *(f"- {note}" for note in notes)]
    if results.failures:
        counted = Counter(results.failures).items()
        lines += ["", "Failed runs:", *(f"- {failure} ({n} of {results.rounds})" for failure, n in counted)]
    return "\n".join(lines) + "\n"


def as_json(results, programs, machine, command, notes):
    samples = [{"workload": row, "workers": count, "program": name, "values": values}
               for (row, count, name), values in results.values.items()]
    return json.dumps({
        "command": command, "rounds": results.rounds, "machine": machine, "notes": notes, "failures": results.failures,
        "versions": {program.name: program.version for program in programs},
        "units": {row.name: row.unit for row in ROWS}, "samples": samples,
    }, indent=1, ensure_ascii=False)
