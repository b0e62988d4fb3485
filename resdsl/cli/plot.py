"""`resdsl plot RUN…`"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resdsl.cli.device import mistakes_end_here
from resdsl.cli.output import say, stop, unwritable

if TYPE_CHECKING:
    from resdsl.plots.chart import Chart, Panel
    from resdsl.training.metrics import Metrics
    from resdsl.training.runs import PastRun

Value = Callable[["Metrics"], float]


@click.command("plot")
@click.argument("runs", nargs=-1, required=True, metavar="RUN…", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("curves.png"), metavar="FILE",
              help="A .png, .pdf or .svg [curves.png].")  # fmt: skip
@click.option("--loss", is_flag=True, help="The losses, too.")
def command(runs: tuple[Path, ...], output: Path, loss: bool) -> None:
    """Draw the curves of runs on one picture: errors in %, of the test images bold, of the training images thin.

    RUN is a run folder, or one that holds runs.
    """
    with mistakes_end_here():
        from resdsl.plots.picture import PlotError, save, suffix_of
        from resdsl.training.runs import find_runs, read_run

        records = [read_run(path) for run in runs for path in dict.fromkeys(find_runs(run)) or (run,)]
        scored = [record for record in records if record.metrics]
        if not scored:
            stop("none of these runs has been evaluated yet: wait for the end of an epoch")
        for record in records:
            if not record.metrics:
                say(f"resdsl: {record.path} has not been evaluated yet: it is left out", err=True)
        try:
            suffix_of(output)
            save(_chart(scored, loss), output)
        except PlotError as error:
            stop(str(error))
        except OSError as error:
            unwritable(output, error)
    say(f"wrote {output}", err=True)


def _chart(records: list[PastRun], loss: bool) -> Chart:
    from resdsl.plots.chart import Chart

    named = _named(records)
    panels = [_panel(named, "error (%)", lambda m: 100 - 100 * m.train_top1, lambda m: 100 - 100 * m.test_top1)]
    if loss:
        panels.append(_panel(named, "loss", lambda m: m.train_loss, lambda m: m.test_loss))
    return Chart(tuple(panels))


def _named(records: list[PastRun]) -> dict[str, PastRun]:
    """The runs by what the legend calls them: their folder, in full where two have the same, and their lowest error."""
    short = [record.path.resolve().name for record in records]
    names = short if len(set(short)) == len(short) else [str(record.path) for record in records]
    return {
        f"{name}, lowest {100 - 100 * record.progress.best_top1:.2f} %": record
        for name, record in zip(names, records, strict=True)
    }


def _panel(named: dict[str, PastRun], what: str, train: Value, test: Value) -> Panel:
    from resdsl.plots.chart import Line, Panel
    from resdsl.training.metrics import steadied

    lines = []
    for name, record in named.items():
        metrics = steadied(record.metrics)
        epochs = [found.step / record.timetable.per_epoch for found in metrics]
        thin, bold = ([_finite(value(found)) for found in metrics] for value in (train, test))
        lines += [Line(name, epochs, thin, "thin"), Line(name, epochs, bold)]
    return Panel("epoch", what, tuple(lines), remark="bold: test images, thin: training images")


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan
