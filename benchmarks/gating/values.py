"""The committed counts: a table that a person reads and a diff shows well, one line per operation."""
from .building import ROOT
from .metrics import METRICS

FILE = ROOT / "benchmarks" / "gate_values.txt"
BUILT_WITH = "# instructions taken with "


def load():
    """What the instructions were taken with, and operation -> metric -> count."""
    built_with, values = None, {}
    for line in FILE.read_text().splitlines():
        if line.startswith(BUILT_WITH):
            built_with = line.removeprefix(BUILT_WITH)
        elif line and not line.startswith("#"):
            operation, *cells = line.split()
            values[operation] = {metric: float(cell) for metric, cell in zip(METRICS, cells, strict=True) if cell != "-"}
    return built_with, values


def save(built_with, values):
    rows = [["# operation", *METRICS]]
    rows += [[operation, *(cell(metric, values[operation]) for metric in METRICS)] for operation in sorted(values)]
    FILE.write_text("# Events per operation; written by `benchmarks/gate --update`.\n"
                    f"{BUILT_WITH}{built_with}\n\n{aligned(rows)}\n")


def cell(metric, counts):
    if metric not in counts:
        return "-"
    # Adding zero turns a negative zero into a plain one.
    return f"{counts[metric]:.1f}" if metric == "instructions" else f"{round(counts[metric], 2) + 0:.2f}"


def aligned(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join([row[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(row[1:], widths[1:]))])
                     .rstrip() for row in rows)
