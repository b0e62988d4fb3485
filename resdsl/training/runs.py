"""What the folders of runs say, without a framework, and whatever state they are in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from resdsl.specs import RECIPE
from resdsl.training.description import Description
from resdsl.training.errors import RunError
from resdsl.training.folder import CHECKPOINT, LINES, PROGRESS, is_run
from resdsl.training.lock import Lock
from resdsl.training.metrics import Metrics
from resdsl.training.progress import Progress
from resdsl.training.timetable import Timetable

DEPTH = 2  # of folders in which runs are looked for
HIDDEN = {"data", "epochs", "steps"}  # They stand in columns of their own.


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run: what it is, how far it has come, and the `metrics` of its evaluations."""

    path: Path
    description: Description
    timetable: Timetable
    progress: Progress
    metrics: tuple[Metrics, ...]
    running: bool

    @property
    def state(self) -> str:
        """What it is doing, in a word."""
        if self.running:
            return "running"
        return "finished" if self.timetable.finished(self.progress) else "stopped"

    @property
    def epochs(self) -> str:
        """How many of how many."""
        return (
            f"{self.progress.step / self.timetable.per_epoch:.3g}/{self.timetable.total / self.timetable.per_epoch:.3g}"
        )

    @property
    def asked(self) -> str:
        """What was asked for in place of the spec's own."""
        given = {**self.description.parameters, **asdict(self.description.overrides)}
        given |= {name: getattr(self.description, name) for name in ("weights", "input", "output_stride")}
        shown = {name: value for name, value in given.items() if value is not None and name not in HIDDEN}
        return " ".join(f"{name}={_short(value)}" for name, value in shown.items())


def find_runs(folder: Path) -> Iterator[Path]:
    """The runs in `folder`, or `folder` itself."""
    if is_run(folder):
        yield folder
        return
    for depth in range(1, DEPTH + 1):
        yield from sorted(found.parent for found in folder.glob("*/" * depth + RECIPE))


def read_run(path: Path) -> PastRun:
    """The run at `path` (RunError)."""
    if not is_run(path):
        raise RunError(f"{path} is no run: pass a run folder, as `resdsl runs` lists them")
    description = Description.read(path, (path / RECIPE).read_bytes())
    try:
        length = description.timetable
        with safe_open(path / CHECKPOINT, framework="numpy") as file:
            progress = Progress.from_json(file.metadata()[PROGRESS])
        lines = _lines(path / LINES)
        metrics = tuple(found for found in map(Metrics.from_json, lines) if found.step <= progress.step)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise RunError(f"{path} is damaged ({type(error).__name__}): remove it, or begin it anew") from error
    return PastRun(path, description, length, progress, metrics, Lock.taken(path))


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
