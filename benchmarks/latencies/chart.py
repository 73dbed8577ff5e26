"""Draws the curves of percentiles as SVG: a panel for each measure and number of workers, at 70 % load."""
import math
from statistics import median

from . import cells

WIDTH, HEIGHT, MARGIN, RIGHT = 390, 260, 52, 28
TOP_US, RAREST = 100_000, 10_000  # the ends of the axes: 1 µs … 100 ms, one in 1 … one in 10,000
COLOURS = {"weft": "#0b62a4", "Go": "#c44e52", "threads": "#888888"}
STYLE = "font-family:sans-serif;font-size:11px"


def x_of(rarity):
    return MARGIN + (WIDTH - MARGIN - RIGHT) * math.log10(rarity) / math.log10(RAREST)


def y_of(delay_us):
    height = math.log10(min(max(delay_us, 1), TOP_US)) / math.log10(TOP_US)
    return HEIGHT - 30 - (HEIGHT - 60) * height


def text(x, y, what, anchor="middle", colour="#222222"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{what}</text>'


def line(x1, y1, x2, y2):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>'


def frame(title):
    parts = [text(WIDTH / 2, 16, title)]
    for power in range(int(math.log10(TOP_US)) + 1):
        y = y_of(10**power)
        label = f"{10**power} µs" if power < 3 else f"{10**(power - 3)} ms"
        parts += [line(MARGIN, y, WIDTH - RIGHT, y), text(MARGIN - 5, y + 4, label, "end")]
    for power, label in enumerate(["0 %", "90 %", "99 %", "99.9 %", "99.99 %"]):
        x = x_of(10**power)
        parts += [line(x, 30, x, HEIGHT - 30), text(x, HEIGHT - 14, label)]
    return parts


def median_curve(runs):
    """Point by point; all rounds of a cell reach about as far."""
    return [(points[0][0], median(delay for _, delay in points)) for points in zip(*(run.curve for run in runs))]


def curve(runs, colour):
    points = " ".join(f"{x_of(rarity):.1f},{y_of(delay):.1f}" for rarity, delay in median_curve(runs) if rarity <= RAREST)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"/>'


def panel(results, measure, workers, hog, programs):
    parts = frame(f"{measure.name}, P={workers}{', beside a hog' if hog else ''}")
    cell = cells.Cell(workers, hog, 0.7)
    drawn = [program for program in programs if results.runs.get((measure.name, cell, program))]
    for position, program in enumerate(drawn):
        colour = COLOURS.get(program, "#4c9f50")
        parts += [curve(results.runs[measure.name, cell, program], colour),
                  text(MARGIN + 8, 44 + 14 * position, program, "start", colour)]
    return parts


def draw(results, programs, workers):
    """The whole chart, or None if nothing was measured at that load."""
    measured = {(cell.workers, cell.hog) for _, cell, _ in results.runs if cell.load == 0.7}
    columns = [(count, hog) for count in workers for hog in (False, True) if (count, hog) in measured]
    if not columns:
        return None
    width, height = WIDTH * len(columns), HEIGHT * len(cells.MEASURES)
    body = [f'<g transform="translate({WIDTH * column},{HEIGHT * row})">'
            + "".join(panel(results, measure, *where, programs)) + "</g>"
            for row, measure in enumerate(cells.MEASURES) for column, where in enumerate(columns)]
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" style="{STYLE}">',
                      f'<rect width="{width}" height="{height}" fill="white"/>', *body, "</svg>"]) + "\n"
