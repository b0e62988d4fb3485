"""What a user sees of a run while it goes on: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from datetime import timedelta
from types import TracebackType
from typing import NamedTuple, final

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Column

from resdsl.training.metrics import Metrics
from resdsl.training.progress import Progress
from resdsl.training.timetable import Timetable


class Moment(NamedTuple):
    """A place in a run where something has been done since the last evaluation."""

    timetable: Timetable
    progress: Progress

    @property
    def epoch(self) -> str:
        """Which epoch it is, of how many."""
        return f"epoch {self.timetable.epoch(max(1, self.progress.step))}/{self.timetable.epochs}"

    @property
    def figures(self) -> str:
        """Speed, loss and accuracy since the last evaluation."""
        sums = self.progress.sums
        speed = sums.images_per_second
        pace = f"{speed:.0f}" if speed >= 10 else f"{speed:.2g}"
        return f"{pace} images/s  loss {sums.result.loss:.3f}  top-1 {sums.result.top1:.1%}"


class Display(AbstractContextManager["Display"], ABC):
    """Watches a run; entered before the first step and left after the last."""

    @abstractmethod
    def doing(self, words: str) -> None:
        """Shows what is being done before there is anything to count: `compiling`, `decoding`."""

    @abstractmethod
    def update(self, moment: Moment) -> None:
        """Shows where the run is; called a few times a second, with nothing settled in between."""

    @abstractmethod
    def testing(self, moment: Moment) -> None:
        """Shows that the network is being evaluated."""

    @abstractmethod
    def note(self, words: str) -> None:
        """Shows what came up on the way, for good."""

    @abstractmethod
    def evaluated(self, metrics: Metrics) -> None:
        """Shows the scores of an epoch, for good."""


class Countdown:
    """How long the rest of a run will take, at the pace since the first look at it, evaluations included."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None

    def left(self, moment: Moment) -> str:
        """The time that is left at `moment`, as `0:12:34 left`."""
        now, step = time.monotonic(), moment.progress.step
        began, first = self._first = self._first or (now, step)
        if step == first:
            return "…"
        seconds = (now - began) / (step - first) * (moment.timetable.total - step)
        return f"{timedelta(seconds=round(seconds))} left"


@final
class BarDisplay(Display):
    """Two bars on a terminal, of the epoch and of the run; each epoch leaves its line above them. All fits 80 columns."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TextColumn("{task.fields[words]}", markup=False, table_column=Column(no_wrap=True)),
        )
        self._bar = Bar(*columns, console=console, transient=True)
        self._epoch = self._bar.add_task("", total=None, words="")
        self._run = self._bar.add_task("run", total=None, words="", visible=False)
        self._countdown = Countdown()

    def doing(self, words: str) -> None:
        """Says so beside a bar that only moves."""
        self._bar.update(self._epoch, words=f"{words} …", refresh=True)

    def update(self, moment: Moment) -> None:
        """Moves the bars."""
        self._show(moment, moment.figures)

    def testing(self, moment: Moment) -> None:
        """Says so next to the bar."""
        self._show(moment, "testing …")

    def _show(self, moment: Moment, words: str) -> None:
        timetable, step = moment.timetable, moment.progress.step
        start = (timetable.epoch(max(1, step)) - 1) * timetable.per_epoch
        total = min(timetable.per_epoch, timetable.total - start)
        self._bar.update(self._epoch, description=moment.epoch, completed=step - start, total=total, words=words)
        left = f"step {step}/{timetable.total}  {self._countdown.left(moment)}"
        self._bar.update(self._run, completed=step, total=timetable.total, words=left, visible=True, refresh=True)

    def note(self, words: str) -> None:
        """Prints it above the bar."""
        self._bar.console.print(f"note: {words}", highlight=False, soft_wrap=True, markup=False)

    def evaluated(self, metrics: Metrics) -> None:
        """Prints them above the bars."""
        self._bar.console.print(str(metrics), highlight=False, soft_wrap=True)

    def __enter__(self) -> BarDisplay:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


@final
class PlainDisplay(Display):
    """A line per epoch, and one every `interval` seconds in between."""

    def __init__(self, console: Console, interval: float = 30) -> None:
        self._console = console
        self._interval = interval
        self._last = time.monotonic()
        self._countdown = Countdown()

    def doing(self, words: str) -> None:
        """Prints it."""
        self._print(f"{words} …")

    def update(self, moment: Moment) -> None:
        """Prints a line where the last one is long ago."""
        left = self._countdown.left(moment)
        if time.monotonic() - self._last >= self._interval:
            self._print(f"{moment.epoch}  step {moment.progress.step}  {moment.figures}  {left}")

    def testing(self, moment: Moment) -> None:
        """Prints nothing: the scores follow soon."""

    def note(self, words: str) -> None:
        """Prints it."""
        self._print(f"note: {words}")

    def evaluated(self, metrics: Metrics) -> None:
        """Prints them."""
        self._print(str(metrics))

    def _print(self, line: str) -> None:
        self._console.print(line, highlight=False, soft_wrap=True, markup=False)
        self._last = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


@final
class NoDisplay(Display):
    """Shows nothing: of a team, the first rank speaks."""

    def doing(self, words: str) -> None:
        """Nothing."""

    def update(self, moment: Moment) -> None:
        """Nothing."""

    def testing(self, moment: Moment) -> None:
        """Nothing."""

    def note(self, words: str) -> None:
        """Nothing."""

    def evaluated(self, metrics: Metrics) -> None:
        """Nothing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


def display(console: Console) -> Display:
    """The display that fits where the output goes."""
    return BarDisplay(console) if console.is_terminal else PlainDisplay(console)
