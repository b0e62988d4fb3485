"""A chart as PNG, PDF or SVG, by matplotlib: fit for print, for grey paper, and for eyes that see fewer colours."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.atomic import write_atomically
from resdsl.plots.chart import Chart, Line, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D

SUFFIXES = (".png", ".pdf", ".svg")
# Okabe and Ito's colours, from dark to light and in turns; dashes and marks tell them apart without any colour.
COLOURS = ("#0072B2", "#D55E00", "#000000", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = (
    "solid",
    (0, (6, 2)),
    (0, (1, 1.2)),
    (0, (6, 2, 1, 2)),
    (0, (3, 2)),
    (0, (8, 2, 1, 2, 1, 2)),
)
MARKS = ("o", "s", "^", "D", "v", "P", "X", "<")  # One more than colours, which are one more than dashes: no two alike.
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "text.parse_math": False,  # A $ in a name is a $.
    "pdf.fonttype": 42,  # Letters that can be searched and edited.
    "svg.fonttype": "none",
    "svg.hashsalt": "resdsl",  # The same chart gives the same bytes.
}


class PlotError(Exception):
    """A picture that cannot be made; the message is one line with the remedy."""


def save(chart: Chart, path: Path) -> None:
    """Writes `chart` in the format that the ending of `path` says (PlotError, OSError)."""
    write_atomically(path, encoded(chart, suffix_of(path)[1:]))


def suffix_of(path: Path) -> str:
    """The ending of `path`, one of SUFFIXES; raises PlotError."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise PlotError(f"{path} does not say in which format to draw: let its name end in {', '.join(SUFFIXES)}")
    return suffix


def encoded(chart: Chart, format: str) -> bytes:
    """The bytes of a `png`, `pdf` or `svg` of `chart` (PlotError)."""
    try:
        from matplotlib import rc_context  # noqa: PLC0415  # needed only here, and slow
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as missing:
        raise PlotError("plots need matplotlib: pip install 'resdsl[plots]'") from missing
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # A letter that the font lacks is drawn as a box.
        names = _names(chart)
        figure = Figure(figsize=(1.2 + 4.2 * len(chart.panels), 3.4 + 0.1 * len(names)), layout="constrained")
        drawn: dict[str, Line2D] = {}
        alike = len({(panel.y, panel.log) for panel in chart.panels}) == 1
        for axes, panel in zip(
            figure.subplots(1, len(chart.panels), squeeze=False, sharey=alike)[0], chart.panels, strict=True
        ):
            drawn |= _draw(axes, panel, names)
        if len(drawn) > 1 or any(drawn):
            _add_legend(figure, drawn)
        file = io.BytesIO()
        dates = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}
        figure.savefig(file, format=format, dpi=200, metadata=dates[format])
    return file.getvalue()


def _add_legend(figure: Figure, drawn: dict[str, Line2D]) -> None:
    """Two names next to each other below the panels, or one, where they are long; the page is as wide as it takes."""
    place = partial(figure.legend, list(drawn.values()), list(drawn), loc="outside lower center", handlelength=4)
    legend = place(ncols=2)
    if _inches(legend) > figure.get_figwidth():
        legend.remove()
        width = _inches(place(ncols=1))
        if width > figure.get_figwidth():
            figure.set_figwidth(width + 0.2)


def _inches(legend: Legend) -> float:
    """How wide it is."""
    return float(legend.get_window_extent().width / legend.figure.dpi)


def _names(chart: Chart) -> dict[str, int]:
    """The place of each name among the styles."""
    names = dict.fromkeys(line.name for panel in chart.panels for line in panel.lines)
    return {name: number for number, name in enumerate(names)}


def _draw(axes: Axes, panel: Panel, names: dict[str, int]) -> dict[str, Line2D]:
    """Draws all of a panel; gives the bold line of each name."""
    drawn = {line.name: made for line in panel.lines if (made := _line(axes, line, names[line.name])) and _bold(line)}
    axes.set_xlabel(panel.x + (f"\n{panel.remark}" if panel.remark else ""))
    axes.set_ylabel(panel.y)
    axes.set_title(panel.title)
    if panel.log:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")  # matplotlib's own would write $10^3$
        axes.yaxis.set_minor_formatter(lambda value, _: "")
    return drawn


def _bold(line: Line) -> bool:
    return line.weight == "bold"


def _line(axes: Axes, line: Line, number: int) -> Line2D:
    colour, dash, mark = (kinds[number % len(kinds)] for kinds in (COLOURS, DASHES, MARKS))
    bold = _bold(line)
    if line.low and line.high:
        axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.15, linewidth=0)
    (drawn,) = axes.plot(
        line.x,
        line.y,
        color=colour,
        linestyle=dash,
        linewidth=1.8 if bold else 0.8,
        alpha=1.0 if bold else 0.7,
        # A few marks, so that they do not hide the curve, and not one above the other.
        marker=mark if bold else None,
        markevery=list(_marked(len(line.x), number)),
        markersize=4.5,
    )
    return drawn


def _marked(count: int, number: int) -> Iterator[int]:
    """Which of `count` points carry the mark of line `number`."""
    step = max(1, count // 8)
    yield from range((number * step // 3) % step if step > 1 else 0, count, step)
