"""The plots of a study as charts, as the papers draw them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from resdsl.ir.study import Curve, Curves, Gradients, Measure, Plot, Responses, Run, Scales
from resdsl.plots.chart import Chart, Line, Panel, Weight
from resdsl.study.measures import FIRST, LAST, RESPONSES, SCALES
from resdsl.study.results import Results, Spread, value

UNITS = ((10_000, "1e4"), (1_000, "1e3"), (100, "1e2"))


def chart(results: Results, plot: Plot) -> Chart | None:
    """What a plot shows of the runs that are complete; None where there is none."""
    panels = tuple(panel for group in plot.panels if (panel := _panel(results, plot, group)).lines)
    return Chart(panels) if panels else None


def _panel(results: Results, plot: Plot, group: str) -> Panel:
    runs = [run for run in results.plan.study.runs if run.group == group]
    title = group.replace("_", " ")
    match plot:
        case Curves():
            unit, shown = _unit(results, runs)
            y = "error (%)" if plot.of == "error" else "loss (nats)"
            lines = tuple(line for run in runs for line in _curves(results, run, plot.of, unit))
            iterations = f"iterations ({shown})" if shown else "iterations"
            return Panel(iterations, y, lines, title, remark="thin: training, bold: test")
        case Responses():
            lines = tuple(line for run in runs for line in _layers(results, run, RESPONSES, "bold"))
            return Panel("layer", "standard deviation of its responses", lines, title)
        case Gradients():
            both: tuple[tuple[str, Weight], ...] = ((FIRST, "thin"), (LAST, "bold"))
            lines = tuple(line for run in runs for key, weight in both for line in _layers(results, run, key, weight))
            remark = "thin: before the first step, bold: after the last"
            return Panel("weight layer", "norm of its gradient", lines, title, log=True, remark=remark)
        case Scales():
            lines = tuple(line for run in runs for line in _layers(results, run, SCALES, "bold"))
            return Panel("block", "share that the identity path carries on", lines, title, log=True)
        case _:
            assert_never(plot)


def _unit(results: Results, runs: Sequence[Run]) -> tuple[int, str]:
    """By what the steps are divided: 1e4 in a long run, as in the papers."""
    most = max((record.total for run in runs for record in results.of(run)), default=0)
    return next(((unit, shown) for unit, shown in UNITS if most >= unit), (1, ""))


def _curves(results: Results, run: Run, of: Curve, unit: int) -> Iterator[Line]:
    label = results.plan.study.labels[run.name]
    train: Measure = "train_error" if of == "error" else "train_loss"
    test: Measure = "test_error" if of == "error" else "test_loss"
    both: tuple[tuple[Measure, Weight], ...] = ((train, "thin"), (test, "bold"))
    for measure, weight in both:
        curve = results.curve(run, lambda metrics, measure=measure: value(measure, metrics))  # type: ignore[misc]
        if curve:
            yield _line(label, [step / unit for step in curve.steps], curve.spreads, weight)


def _layers(results: Results, run: Run, key: str, weight: Weight) -> Iterator[Line]:
    spreads = results.layers(run, key) if results.of(run) else []
    drawn = [(number, spread) for number, spread in enumerate(spreads, 1) if spread.middle > 0]
    if drawn:
        numbers, shown = zip(*drawn, strict=True)
        yield _line(results.plan.study.labels[run.name], numbers, shown, weight)


def _line(label: str, x: Sequence[float], spreads: Sequence[Spread], weight: Weight) -> Line:
    """A line of medians; a bold one has a band from the least to the most of several seeds."""
    banded = weight == "bold" and any(spread.seeds > 1 for spread in spreads)
    low, high = ([s.least for s in spreads], [s.most for s in spreads]) if banded else ((), ())
    return Line(label, x, [spread.middle for spread in spreads], weight, low, high)
