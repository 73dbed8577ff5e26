"""Turns the results into one table of percentiles with targets, one of histograms, and JSON."""
import json
from collections import Counter
from statistics import median

from comparing.report import as_markdown

from . import cells, distribution
from .measuring import CALM

MEASURES = {measure.name: measure for measure in cells.MEASURES}


def microseconds(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def spread(values):
    """The median over the rounds, and the smallest and largest."""
    text = microseconds(median(values))
    return text if len(values) == 1 else f"{text} ({microseconds(min(values))}–{microseconds(max(values))})"


def keys(results):
    """(measure name, cell, program) in the order of the tables: weft first, then by name."""
    order = list(MEASURES)
    return sorted(results.runs, key=lambda key: (order.index(key[0]), key[1].workers, key[1].hog, key[1].load,
                                                 key[2] != "weft", key[2]))


def judge(name, cell, runs):
    """The target in words, and whether the medians over the rounds reach it; ("", "") where there is none."""
    target = cells.target(MEASURES[name], cell)
    if target is None:
        return "", ""
    limits = {"p99": target.p99_us, "p99.9": target.p999_us}
    limits = {which: limit for which, limit in limits.items() if limit is not None}
    met = all(median(run.percentiles[which] for run in runs) <= limit for which, limit in limits.items())
    disturbed = "" if median(run.others_share for run in runs) <= CALM else ", disturbed"
    return ", ".join(f"{which} ≤ {limit:,}" for which, limit in limits.items()), "met" if met else "missed" + disturbed


def percentile_table(results):
    heading = ["measure", "P", "load", "program", *distribution.PERCENTILES, "ideal p99", "ideal p99.9", "target", ""]
    lines = [heading]
    for name, cell, program in keys(results):
        runs = results.runs[name, cell, program]
        measured = [spread([run.percentiles[which] for run in runs]) for which in distribution.PERCENTILES]
        ideal = [microseconds(median(run.ideal[which] for run in runs)) for which in ("p99", "p99.9")]
        verdict = judge(name, cell, runs) if program == "weft" else ("", "")
        lines.append([name, str(cell.workers), load(cell), program, *measured, *ideal, *verdict])
    return lines


def load(cell):
    return f"{cell.load:.0%}{' beside a hog' if cell.hog else ''}"


def summed_histogram(runs):
    return [sum(counts) for counts in zip(*(run.histogram for run in runs))]


def histogram_table(results, of_load=0.7):
    """What share of the delays lies from each edge up to the next, all rounds together."""
    chosen = [key for key in keys(results) if key[1].load == of_load]
    counts = {key: summed_histogram(results.runs[key]) for key in chosen}
    used = [i for i in range(len(distribution.EDGES_US)) if any(count[i] for count in counts.values())]
    lines = [["measure", "P", "load", "program", *(f"≥ {distribution.EDGES_US[i]:,}" for i in used)]]
    for key in chosen:
        name, cell, program = key
        total = sum(counts[key])
        lines.append([name, str(cell.workers), load(cell), program, *(share(counts[key][i], total) for i in used)])
    return lines


def share(count, total):
    percent = 100 * count / total
    return "" if count == 0 else f"{percent:.2g} %" if percent < 10 else f"{percent:.0f} %"


def disturbance(results):
    shares = [run.others_share for runs in results.runs.values() for run in runs]
    return (f"other programs used {median(shares):.0%} of the processors meanwhile (worst run: {max(shares):.0%}); "
            "beyond a few percent the tails are theirs")


def document(results, versions, machine, command, notes):
    """The whole report, as Markdown that also reads well in a terminal. `versions` are (program, version)."""
    lines = [f"Delays in µs: medians over {results.rounds} interleaved rounds (smallest–largest). Each request computes for "
             f"{cells.WORK_NS / 1000:.0f} µs (at 0 %: not at all); {cells.FIBERS:,} fibers; ideal: what is inevitable with that "
             "schedule.", "", as_markdown(percentile_table(results)), ""]
    lines += [f"- {measure.name}: {measure.what}" for measure in cells.MEASURES]
    lines += ["- P=1 beside a hog: not run. Nothing of the one worker remains that a load could be a share of."]
    if any(cell.load == 0.7 for _, cell, _ in results.runs):
        lines += ["", "Histogram at 70 %, share of all delays from each edge (µs) up to the next:", "",
                  as_markdown(histogram_table(results))]
    lines += ["", "Versions:", *(f"- {program}: {version}" for program, version in versions)]
    lines += [f"- machine: {machine['cpu']}, {machine['cpus']} CPUs, {machine['memory_gib']} GiB, "
              f"Linux {machine['kernel']}, {machine['system']}"]
    lines += [f"- {disturbance(results)}", f"- command: {command}", *(f"- {note}" for note in notes)]
    if results.failures:
        lines += ["", "Failed runs:", *(f"- {why} ({n} times)" for why, n in Counter(results.failures).items())]
    return "\n".join(lines) + "\n"


def as_json(results, versions, machine, command, notes):
    samples = [{
        "measure": name, "workers": cell.workers, "hog": cell.hog, "load": cell.load, "program": program,
        "rounds": [{"samples": run.samples, "others_share": run.others_share, "percentiles_us": run.percentiles,
                    "ideal_us": run.ideal} for run in results.runs[name, cell, program]],
        "histogram": summed_histogram(results.runs[name, cell, program]),
    } for name, cell, program in keys(results)]
    return json.dumps({
        "command": command, "rounds": results.rounds, "machine": machine, "notes": notes, "failures": results.failures,
        "versions": dict(versions), "fibers": cells.FIBERS, "work_ns": cells.WORK_NS,
        "histogram_edges_us": distribution.EDGES_US, "samples": samples,
    }, indent=1, ensure_ascii=False)
