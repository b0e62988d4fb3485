"""A run's scores as TensorBoard reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import final

from resdsl.training.display import Display, Moment
from resdsl.training.errors import TrainError
from resdsl.training.metrics import Metrics

FOLDER = "tensorboard"


def check_installed() -> None:
    """Raises TrainError where nothing can write such a log."""
    if find_spec("tensorboardX") is None:
        raise TrainError("--tensorboard needs tensorboardX: pip install 'resdsl[plots]'")


@final
class TensorBoardDisplay(Display):
    """Shows a run as `inner` does, and logs its scores in the folder `tensorboard` of the run at `path`.

    What a run has had before, the `lines` of its metrics, is logged anew: no step is there twice.
    """

    def __init__(self, inner: Display, path: Path, lines: Iterable[str]) -> None:
        self._inner, self._folder, self._lines = inner, path / FOLDER, tuple(lines)

    def __enter__(self) -> TensorBoardDisplay:
        from tensorboardX import SummaryWriter  # noqa: PLC0415  # only where it is asked for

        for old in self._folder.glob("events.out.tfevents.*"):
            old.unlink()
        self._writer = SummaryWriter(str(self._folder))
        for line in self._lines:
            self._log(Metrics.from_json(line))
        self._inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inner.__exit__(kind, error, trace)
        self._writer.close()

    def doing(self, words: str) -> None:
        """As `inner`."""
        self._inner.doing(words)

    def update(self, moment: Moment) -> None:
        """As `inner`."""
        self._inner.update(moment)

    def testing(self, moment: Moment) -> None:
        """As `inner`."""
        self._inner.testing(moment)

    def note(self, words: str) -> None:
        """As `inner`."""
        self._inner.note(words)

    def evaluated(self, metrics: Metrics) -> None:
        """Logs them, too."""
        self._inner.evaluated(metrics)
        self._log(metrics)

    def _log(self, metrics: Metrics) -> None:
        for tag, value in _tags(metrics):
            self._writer.add_scalar(tag, value, metrics.step)
        self._writer.flush()


def _tags(metrics: Metrics) -> Iterator[tuple[str, float]]:
    yield "loss/train", metrics.train_loss
    yield "loss/test", metrics.test_loss
    yield "top-1/train", metrics.train_top1
    yield "top-1/test", metrics.test_top1
    yield "top-5/test", metrics.test_top5
    yield "learning_rate", metrics.lr
    yield "images_per_second", metrics.images_per_second
    yield "epoch", metrics.epoch
