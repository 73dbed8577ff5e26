"""Compares what was counted with what was expected."""
from dataclasses import dataclass

from .metrics import METRICS, tolerance
from .values import aligned, cell


@dataclass(frozen=True)
class Difference:
    operation: str
    metric: str
    expected: float | None
    measured: float | None

    def __str__(self):
        if self.expected is None:
            return f"{self.operation}, {self.metric}: no value is committed"
        if self.measured is None:
            return f"{self.operation}, {self.metric}: a value is committed, but it was not counted"
        allowed = tolerance(self.operation, self.metric).around(self.expected)
        worse = "worse" if self.measured > self.expected else "better: commit the new value"
        return (f"{self.operation}, {self.metric}: expected {self.expected:.2f} ± {allowed:.2f}, "
                f"measured {self.measured:.2f} ({worse})")


def differences(expected, measured, judged):
    """Everything beyond its tolerance, in both directions, and everything that only one side knows."""
    found = []
    for operation in sorted(expected | measured):
        ours, theirs = measured.get(operation, {}), expected.get(operation, {})
        for metric in judged:
            before, now = theirs.get(metric), ours.get(metric)
            if before is None and now is None:
                continue
            if before is None or now is None or abs(now - before) > tolerance(operation, metric).around(before):
                found.append(Difference(operation, metric, before, now))
    return found


def table(expected, measured, judged, found):
    """One line per operation; a count beyond its tolerance stands behind the expected one."""
    red = {(difference.operation, difference.metric) for difference in found}
    rows = [["operation", *(name if name in judged else f"({name})" for name in METRICS), "verdict"]]
    for operation in sorted(expected | measured):
        ours, theirs = measured.get(operation, {}), expected.get(operation, {})
        cells = []
        for metric in METRICS:
            now = cell(metric, ours)
            cells.append(f"{cell(metric, theirs)} -> {now}" if (operation, metric) in red else now)
        rows.append([operation, *cells, "RED" if any((operation, metric) in red for metric in METRICS) else "green"])
    return aligned(rows)
