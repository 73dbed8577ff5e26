"""Turns the results into a report."""
from collections import Counter
from statistics import median

from comparing.report import as_markdown, in_words, number, times

from .measuring import used
from .rows import IDLE


def verdict(row, workers, results):
    """The target of a row, and whether the medians of the pairwise ratios reach it."""
    ratios = {peer: results.ratios(row.name, workers, "weft", base=peer) for peer in ("bare", "Go")}
    if not row.target:
        return "", ""
    if not all(ratios.values()):
        return "≥ 0.9 bare, > Go", "not measured"
    missed = [peer for peer, least in (("bare", 0.9), ("Go", 1.0)) if median(ratios[peer]) < least]
    return "≥ 0.9 bare, > Go", f"missed: {', '.join(missed)}" if missed else "met"


def cell(name, workers, program, results):
    good = results.good(name, workers, program)
    return number(median(good)) if good else "—"


def ratio(name, workers, peer, results):
    ratios = results.ratios(name, workers, "weft", base=peer)
    return times(ratios) if ratios else "—"


def rates(results, names, rows, workers):
    lines = [["workload", "P", *(f"{name}, 1/s" for name in names), "weft ÷ bare", "weft ÷ Go", "target", "reached"]]
    for row in rows:
        for count in workers:
            lines.append([row.name, str(count), *(cell(row.name, count, name, results) for name in names),
                          *(ratio(row.name, count, peer, results) for peer in ("bare", "Go")), *verdict(row, count, results)])
    return lines


def processor(results, names, rows, workers):
    lines = [["workload", "P", *(f"{name}, µs" for name in names), "weft ÷ bare", "weft ÷ Go"]]
    for row in rows:
        for count in workers:
            lines.append([row.name, str(count), *(cell(used(row), count, name, results) for name in names),
                          *(ratio(used(row), count, peer, results) for peer in ("bare", "Go"))])
    return lines


def idle(results, names, workers):
    lines = [["workload", "P", *(f"{name}, B" for name in names)]]
    return lines + [[IDLE.name, str(count), *(cell(IDLE.name, count, name, results) for name in names)] for count in workers]


def document(results, idle_results, programs, rows, workers, machine, command, notes):
    """The whole report, as Markdown that also reads well in a terminal."""
    names = [program.name for program in programs]
    text = ["# I/O beside a bare epoll loop and Go", "",
            f"Medians of {results.rounds} interleaved rounds; a ratio is the median (smallest–largest) of those within each "
            "round. P is the number of workers. The load comes from one thread of another process, the same for all. Where that "
            "thread is busy all the time, the rate is its own, and the processor time says the rest.",
            "", "Operations per second, more is better:", "", as_markdown(rates(results, names, rows, workers)),
            "", "Processor time of the server per operation, user and kernel, less is better:", "",
            as_markdown(processor(results, names, rows, workers))]
    if idle_results.rounds:
        text += ["", "Resident bytes of the server per idle connection, less is better; without the kernel's buffers:", "",
                 as_markdown(idle(idle_results, names, workers))]
    text += ["", "Workloads:", "", *(f"- `{row.name}`: {row.what}" for row in [*rows, *([IDLE] if idle_results.rounds else [])])]
    text += ["", "Versions:", "", *(f"- {program.name}: {program.version}" for program in programs)]
    text += [f"- machine: {in_words(machine)}", f"- command: `{command}`", *(f"- {note}" for note in notes)]
    if failures := results.failures + idle_results.failures:
        text += ["", "Failed runs:", "", *(f"- {failure} ({n} times)" for failure, n in Counter(failures).items())]
    return "\n".join(text) + "\n"
