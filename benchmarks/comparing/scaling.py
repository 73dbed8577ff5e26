"""What another worker is worth: speed with P workers, as a share of P times the speed with one."""
from statistics import median

from .rows import SCALING


def efficiencies(results, row, workers, program):
    """One value per round: 1 means that each worker does as much as the only one did."""
    return [1 / (ratio * workers) for ratio in results.ratios(row, workers, program, base=program, base_workers=1)]


def percent(shares):
    if not shares:
        return "—"
    return f"{median(shares):.0%} ({min(shares):.0%}–{max(shares):.0%})".replace("%", " %")


def table(results, programs, workers):
    """Rows of cells, the first is the heading; nothing where there is no more than one number of workers."""
    if 1 not in workers or len(workers) == 1:
        return []
    lines = [["workload", "P", *(program.name for program in programs)]]
    for row in SCALING:
        for count in workers:
            shares = [efficiencies(results, row, count, program.name) for program in programs]
            if count != 1 and any(shares):
                lines.append([row, str(count), *map(percent, shares)])
    return lines if len(lines) > 1 else []
