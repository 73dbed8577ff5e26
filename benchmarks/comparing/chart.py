"""Draws the ratios as bars on a logarithmic scale: one panel per number of workers, one bar per peer and row. Plain SVG with
its own ground, in two colour schemes: the one that the reader's system asks for is shown."""
import math
from statistics import median
from xml.sax.saxutils import escape

from .report import in_words, short
from .rows import ROWS
from .targets import TARGETS, Times

WIDTH = 1000
MARGIN = 20
LABELS = 160            # the names of the rows
GAP = 24                # between panels
TOP = 92                # title and legend
BAR, BETWEEN = 9, 9     # heights: a bar, the space between two rows

# On a light ground, on a dark one.
COLOURS = [("#0284a8", "#4cc3e6"), ("#b45309", "#f0a04b"), ("#7c3aed", "#b79bff"), ("#15803d", "#5fd38a"), ("#be185d", "#f48fb8")]

STYLE = """
  text { font: 11px system-ui, sans-serif; fill: #1f2328 } .title { font-size: 16px; font-weight: 600 }
  .soft { fill: #59636e } .value { font-size: 9px; fill: #59636e } .head { font-weight: 600 }
  .ground { fill: #ffffff } .grid { stroke: #d1d9e0 } .one { stroke: #1f2328; stroke-width: 1.5 }
  .target { stroke: #cf222e; stroke-width: 2 }
"""
DARK_STYLE = """
    text { fill: #f0f6fc } .soft, .value { fill: #9198a1 } .ground { fill: #0d1117 } .grid { stroke: #3d444d }
    .one { stroke: #f0f6fc } .target { stroke: #ff7b72 }
"""


def draw(results, programs, workers, machine):
    """The picture as text; None if there is nothing to compare."""
    peers = [program.name for program in programs if program.name != "weft"]
    panels = workers[:2]
    rows = [(row, {(peer, count): median(ratios) for peer in peers for count in panels
                   if (ratios := results.ratios(row.name, count, peer))}) for row in ROWS if row.in_chart]
    rows = [(row, ratios) for row, ratios in rows if ratios]
    if not rows:
        return None
    scale = Scale([ratio for _, ratios in rows for ratio in ratios.values()], len(panels))

    body, y = [], TOP
    for row, ratios in rows:
        shown = [peer for peer in peers if any((peer, count) in ratios for count in panels)]
        body.append(text(MARGIN + LABELS - 10, y + len(shown) * BAR / 2 + 4, row.name, anchor="end"))
        for position, peer in enumerate(shown):
            for panel, count in enumerate(panels):
                if (peer, count) in ratios:
                    target = target_of(row.name, count, peer)
                    body += bar(scale, panel, y + position * BAR, ratios[peer, count], target, colour(peers.index(peer)))
        y += len(shown) * BAR + BETWEEN

    footer = [*(f"{program.name}: {program.version}" for program in programs), in_words(machine),
              f"rounds: {results.rounds}, bars show the median of their ratios"]
    height = y + 30 + 15 * len(footer)
    drawing = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="Time per operation of {escape(", ".join(peers))} as a multiple of weft’s">',
        f"<style>{STYLE}{colours(0)}  @media (prefers-color-scheme: dark) {{{DARK_STYLE}  {colours(1)}  }}\n</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
        text(MARGIN, 28, "What others need, as a multiple of what weft needs", "title"),
        *legend(peers),
        *(line for panel, count in enumerate(panels) for line in axes(scale, panel, count, y)),
        *body,
        *(text(MARGIN, y + 30 + 15 * n, line, "soft") for n, line in enumerate(footer)),
        "</svg>",
    ]
    return "\n".join(drawing) + "\n"


class Scale:
    """Where a ratio lies in a panel. Few are beyond its ends, and would press the others together. Room is kept beside the
    longest bars for their values."""

    def __init__(self, ratios, panels):
        self.low = max(0.1, min(0.5, step_down(min(ratios))))
        self.high = min(50, max(2, step_up(max(ratios))))
        self.width = (WIDTH - 2 * MARGIN - LABELS - (panels - 1) * GAP) / panels

    def x(self, panel, ratio):
        inside = min(max(ratio, self.low), self.high)
        share = math.log(inside / self.low) / math.log(self.high / self.low)
        return MARGIN + LABELS + panel * (self.width + GAP) + 40 + share * (self.width - 80)

    def ticks(self):
        steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]
        return [step for step in steps if self.low <= step <= self.high]


def step_down(ratio):
    power = 10 ** math.floor(math.log10(ratio))
    return max(digit * power for digit in (1, 2, 5) if digit * power <= ratio)


def step_up(ratio):
    power = 10 ** math.floor(math.log10(ratio))
    return min(digit * power for digit in (1, 2, 5, 10) if digit * power >= ratio)


def target_of(row, workers, peer):
    """What the ratio to this peer has to be at least; None where there is no such target."""
    for condition in TARGETS.get(row, {}).get(workers, []):
        if isinstance(condition, Times) and condition.peer == peer:
            return condition.factor
    return None


def bar(scale, panel, y, ratio, target, style):
    one, end = scale.x(panel, 1), scale.x(panel, ratio)
    yield f'<rect class="{style}" x="{min(one, end):.1f}" y="{y:.1f}" width="{abs(end - one):.1f}" height="{BAR - 1}"/>'
    after = end
    if target is not None:
        mark = scale.x(panel, target)
        yield f'<path class="target" d="M{mark:.1f} {y - 1:.1f}v{BAR + 1}"/>'
        if end - 4 < mark < end + 36:  # would cross the value
            after = mark
    value = f"{short(ratio)}×"
    if ratio >= 1:
        yield text(after + 4, y + BAR - 2, f"→ {value}" if ratio > scale.high else value, "value")
    else:
        yield text(end - 4, y + BAR - 2, f"{value} ←" if ratio < scale.low else value, "value", "end")


def axes(scale, panel, workers, bottom):
    yield text(scale.x(panel, scale.low), TOP - 28, f"{workers} worker{'s' * (workers != 1)}", "head")
    for tick in scale.ticks():
        x = scale.x(panel, tick)
        yield f'<path class="{"one" if tick == 1 else "grid"}" d="M{x:.1f} {TOP - 6}V{bottom}"/>'
        yield text(x, TOP - 10, f"{tick:g}×", "soft", "middle")


def legend(peers):
    x = MARGIN
    for number, peer in enumerate(peers):
        yield f'<rect class="{colour(number)}" x="{x}" y="41" width="12" height="9"/>'
        yield text(x + 17, 50, peer)
        x += 40 + 7 * len(peer)
    yield f'<path class="target" d="M{x} 40v11"/>'
    yield text(x + 7, 50, "target")
    yield text(WIDTH - MARGIN, 50, "to the right: weft needs less", "soft", "end")


def text(x, y, words, style="", anchor="start"):
    styled = f' class="{style}"' if style else ""
    return f'<text{styled} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def colour(number):
    return f"p{number % len(COLOURS)}"


def colours(scheme):
    return " ".join(f".p{number} {{ fill: {pair[scheme]} }}" for number, pair in enumerate(COLOURS)) + "\n"
