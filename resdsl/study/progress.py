"""What a user sees of a study: a line for each network, which fits 80 columns, and how far its seeds have come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from types import TracebackType
from typing import final

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from resdsl.study.conditions import counted
from resdsl.study.plan import Plan, Trial
from resdsl.study.record import Record
from resdsl.study.results import Results
from resdsl.study.task import Answer

WIDTH = 80
LEAST, SEEDS = 12, 10  # columns that a network's name has at least; seeds that are shown one by one
WAITING, DONE, FAILED = "·", "done", "failed"


@final
class Progress(AbstractContextManager["Progress"]):
    """The state of each trial, on a terminal as a table that changes, elsewhere as a line for each that ends."""

    def __init__(self, results: Results, console: Console) -> None:
        self._plan, self._console = results.plan, console
        self._states = {name: _state(record, results.plan) for name, record in results.records.items()}
        self._began, self._first = time.monotonic(), self._share()
        self._live = Live(self._table(), console=console, auto_refresh=False) if console.is_terminal else None

    def hear(self, name: str, answer: Answer) -> None:
        """Takes up how far the trial in the folder `name` has come."""
        if answer.failed:
            self._states[name] = FAILED
        elif answer.done:
            self._states[name] = DONE
        elif answer.total:
            self._states[name] = f"{100 * answer.step // answer.total}%"
        if self._live:
            self._live.update(self._table(), refresh=True)
        elif answer.last:
            self._line(name, answer)

    def _line(self, name: str, answer: Answer) -> None:
        ended = sum(state in {DONE, FAILED} for state in self._states.values())
        what = answer.failed or ("stopped, and saved" if answer.stopped else DONE)
        self._console.print(
            f"{ended}/{len(self._states)}  {name}: {what}  {self._left()}".rstrip(),
            highlight=False,
            soft_wrap=True,
            markup=False,
        )

    def _table(self) -> Table:
        labels = self._plan.study.labels
        table = Table(box=None, pad_edge=False, width=min(WIDTH, self._console.width), title=self._title())
        table.title_justify = "left"
        table.add_column("network", min_width=LEAST, no_wrap=True)
        table.add_column("layers", justify="right")
        table.add_column("seeds", ratio=1, no_wrap=True)
        for run in self._plan.study.runs:
            seeds = [self._states[trial.path.name] for trial in self._plan.of(run)]
            table.add_row(Text(labels[run.name]), str(run.network.depth), Text(_seeds(seeds)))
        return table

    def _title(self) -> Text:
        ended = sum(state in {DONE, FAILED} for state in self._states.values())
        return Text(f"{self._plan.study.name}: {ended} of {len(self._states)} runs  {self._left()}")

    def _share(self) -> float:
        """How much is done of all."""
        return sum(_done(self._states[trial.path.name]) * _cost(trial) for trial in self._plan.trials)

    def _left(self) -> str:
        done, whole = self._share(), sum(map(_cost, self._plan.trials))
        if done - self._first < whole / 1000 or done >= whole:
            return ""
        seconds = (time.monotonic() - self._began) / (done - self._first) * (whole - done)
        return f"{timedelta(seconds=round(seconds))} left"

    def __enter__(self) -> Progress:
        if self._live:
            self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()


def _state(record: Record, plan: Plan) -> str:
    if record.failed:
        return FAILED
    if record.done(plan.measured):
        return DONE
    return f"{100 * record.step // record.total}%" if record.begun else WAITING


def _done(state: str) -> float:
    if state in {DONE, FAILED}:
        return 1.0
    return int(state[:-1]) / 100 if state.endswith("%") else 0.0


def _cost(trial: Trial) -> float:
    """How long a trial takes, next to others of its study."""
    return float(trial.run.network.cost().macs)


def _seeds(states: list[str]) -> str:
    if len(states) > SEEDS:
        return f"{states.count(DONE)} of {len(states)} done"
    return " ".join(states)


def overview(results: Results, at_once: int) -> Iterator[str]:
    """The plan as lines of at most 80 columns: what is trained, and what of it is done."""
    plan = results.plan
    study, labels = plan.study, plan.study.labels
    seeds = plan.conditions.seeds or study.seeds
    size = f"{counted(len(study.runs), 'network')} x {counted(seeds, 'seed')}"
    yield f"{study.title or study.name}: {size}, {at_once} at once"[:WIDTH]
    width = min(max(map(len, (*labels.values(), "network"))), WIDTH - 42)
    yield f"{'network':<{width}}  {'layers':>6}  {'parameters':>11}  {'seeds done':>10}"
    for run in study.runs:
        label, done = labels[run.name][:width], len(results.of(run))
        cells = f"{run.network.depth:>6}  {run.network.cost().params:>11,}  {f'{done}/{len(plan.of(run))}':>10}"
        yield f"{label:<{width}}  {cells}"
