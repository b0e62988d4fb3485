"""`resdsl runs [DIR…]`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resdsl.clean import clean, clean_json
from resdsl.cli.device import mistakes_end_here
from resdsl.cli.output import say, shortened, stop, width

if TYPE_CHECKING:
    from resdsl.training.runs import PastRun

HEADER = ("run", "spec", "data", "epochs", "best", "state", "asked for")
MOST = {"run": 30, "spec": 16, "data": 10}


@click.command("runs")
@click.argument("folders", nargs=-1, metavar="[DIR…]", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(folders: tuple[Path, ...], as_json: bool) -> None:
    """List the runs in DIR [runs]: what they train, how far they are, their best test top-1, and what was asked for.

    Each of them can stand for SPEC: `resdsl eval RUN`, `resdsl train RUN --resume`.
    """
    with mistakes_end_here():
        from resdsl.training.errors import RunError
        from resdsl.training.folder import RUNS
        from resdsl.training.runs import find_runs, read_run

        for folder in folders:
            if not folder.is_dir():
                stop(f"there is no folder {folder}: pass one that holds runs, or a run")
        paths = [path for folder in folders or (RUNS,) for path in find_runs(folder)]
        if not paths:
            stop(f"there are no runs in {', '.join(map(str, folders or (RUNS,)))}: `resdsl train SPEC` begins one")
        records: list[PastRun] = []
        damaged: list[str] = []
        for path in paths:
            try:
                records.append(read_run(path))
            except RunError as error:
                damaged.append(str(error))
    if as_json:
        click.echo(clean_json([_document(record) for record in records]), nl=False)
    elif records:
        for line in _table([_cells(record) for record in records]):
            click.echo(line)
    for message in damaged:
        say(f"resdsl: {message}", err=True)
    sys.exit(int(bool(damaged)))


def _cells(record: PastRun) -> tuple[str, ...]:
    best = f"{record.progress.best_top1:.2%}" if record.metrics else "–"
    about = record.description
    cells = (str(record.path), about.network, about.data.name, record.epochs, best, record.state, record.asked)
    return tuple(map(clean, cells))


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    """Lines that fit the terminal: of long paths the end is shown, and of all that was asked for the beginning."""
    rows = [HEADER, *rows]
    widths = [min(max(map(len, column)), MOST.get(column[0], 80)) for column in zip(*rows, strict=True)]
    widths[-1] = max(0, width() - sum(widths[:-1]) - 2 * (len(widths) - 1))
    return ["  ".join(_fitted(*each) for each in zip(row, widths, HEADER, strict=True)).rstrip() for row in rows]


def _fitted(cell: str, width: int, column: str) -> str:
    if column == "run" and len(cell) > width:
        cell = f"…{cell[len(cell) - width + 1 :]}"
    cell = shortened(cell, width)
    return cell.rjust(width) if column in {"epochs", "best"} else cell.ljust(width)


def _document(record: PastRun) -> dict[str, object]:
    return {
        "run": str(record.path),
        "network": record.description.network,
        "data": record.description.data.name,
        "step": record.progress.step,
        "steps": record.timetable.total,
        "best_top1": record.progress.best_top1 if record.metrics else None,
        "best_step": record.progress.best_step,
        "state": record.state,
        "asked": record.asked,
    }
