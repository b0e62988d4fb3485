"""The run folder: all that a run leaves, and all that it needs to go on.

`spec.res` is the spec with everything that it uses, `recipe.json` the resolved recipe and what it ran on.
`checkpoint.safetensors` is the run: the state, the best weights so far, the progress and the metrics. All else is made
of it, and made anew wherever a run goes on: `last.safetensors`, `best.safetensors`, `metrics.jsonl`. Every file is
written whole or not at all.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import final

import numpy as np

from resdsl.atomic import write_atomically
from resdsl.backend import BEST, OLD_SLOTS, SLOTS, Array, scored
from resdsl.specs import RECIPE, SPEC
from resdsl.training.errors import RunError, brief
from resdsl.training.lock import Lock
from resdsl.training.metrics import Metrics
from resdsl.training.progress import Progress
from resdsl.training.record import Record, check_numbers
from resdsl.weights.files import WeightsError, read, save

PROGRESS, METRICS, CHECKSUM = "progress", "metrics", "sha256"
CHECKPOINT, LAST, FINEST = "checkpoint.safetensors", "last.safetensors", "best.safetensors"
LINES = "metrics.jsonl"
RUNS = Path("runs")
KEPT = re.compile(r"checkpoint-(\d+)\.safetensors")
State = dict[str, Array]


def check_free(path: Path) -> None:
    """Raises RunError where a new run at `path` would meet something that is there already."""
    if (path / RECIPE).exists():
        raise RunError(f"{path} holds a run already: go on with it with --resume, or pass another --out")
    if path.parent.is_file():
        raise RunError(f"{path.parent} is a file, not a folder: pass another --out")
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RunError(f"{path} is not an empty folder: pass another --out")


def is_run(path: Path) -> bool:
    """Whether there is a run at `path`."""
    return (path / RECIPE).is_file()


def weights_of(path: Path, last: bool = False) -> Path:
    """The file of the best weights of the run at `path`, or of the `last` ones (RunError)."""
    best, newest = path / FINEST, path / LAST
    found = newest if last or not best.is_file() else best
    if not found.is_file():
        raise RunError(f"{path} holds no weights: {found.name} is not there; go on with the run by --resume")
    return found


def next_run(stem: str) -> Path:
    """The first free folder `runs/<stem>-<n>`."""
    return RUNS / f"{stem}-{max(_numbers(stem), default=0) + 1}"


def newest_run(stem: str) -> Path:
    """The folder `runs/<stem>-<n>` with the highest n; raises RunError where there is none."""
    numbers = list(_numbers(stem))
    if not numbers:
        raise RunError(f"there is no {RUNS / stem}-… to go on with: pass its folder as --out, or leave --resume out")
    return RUNS / f"{stem}-{max(numbers)}"


def _numbers(stem: str) -> Iterator[int]:
    for path in RUNS.glob(f"{stem}-*"):
        number = path.name.removeprefix(f"{stem}-")
        if number.isdecimal():
            yield int(number)


@final
class RunFolder(Record):
    """The files of one run, at `path`: this process's alone until it is left, or the process ends.

    The checkpoints of the last `keep` evaluations stay, the newest of them as `checkpoint.safetensors` as well.
    """

    def __init__(self, path: Path, keep: int = 1) -> None:
        self.path, self.keep = path, keep
        self._lock = Lock(path)
        self._metrics: list[str] = []
        self._best: State = {}
        self._writer = ThreadPoolExecutor(1, "resdsl-checkpoints")
        self._written: Future[None] | None = None

    @property
    def best(self) -> Path:
        """The weights with the best top-1, once there are any."""
        return self.path / FINEST

    @classmethod
    def create(cls, path: Path, spec: str, recipe: str, state: State, keep: int = 1) -> RunFolder:
        """A new run folder, which appears with all that is in it; raises RunError where there is anything already."""
        check_free(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        shutil.rmtree(new, ignore_errors=True)  # Of a beginning that was killed.
        new.mkdir()
        write_atomically(new / SPEC, spec.encode())
        beginning = cls(new, keep)
        beginning.describe(recipe)
        beginning.save(state, Progress())
        beginning.finish()
        new.replace(path)
        beginning.path = path
        return beginning

    @classmethod
    def open(cls, path: Path, keep: int = 1) -> RunFolder:
        """The folder of a run that was begun before; raises RunError where there is none, or another process has it."""
        read_description(path)
        folder = cls(path, keep)
        for left in path.glob(".*.tmp"):  # Of a process that was killed.
            left.unlink()
        return folder

    def describe(self, recipe: str) -> None:
        """Writes `recipe.json`."""
        write_atomically(self.path / RECIPE, recipe.encode())

    @property
    def metrics(self) -> tuple[str, ...]:
        """The lines of all evaluations so far."""
        return tuple("".join(self._metrics).splitlines())

    def append(self, metrics: Metrics) -> None:
        """Adds a line to the metrics."""
        self._metrics.append(metrics.to_json() + "\n")

    def save(self, state: State, progress: Progress) -> None:
        """Writes everything, aside: the run goes on meanwhile. `state` must stay as it is.

        Raises DivergedError rather than save weights that are no numbers, and what went wrong with the last writing.
        """
        check_numbers(state, progress)
        self.finish()
        if progress.best_step == progress.step > 0:
            self._best = scored(state)
        self._written = self._writer.submit(self._write, state, progress, self._best, "".join(self._metrics))

    def __exit__(self, *error: object) -> None:
        self.finish()
        self._lock.release()

    def finish(self) -> None:
        """Waits until all is on disk (OSError)."""
        if self._written:
            self._written.result()

    def load(self) -> tuple[State, Progress]:
        """The state and the progress of the last checkpoint (RunError); all other files are made anew of it."""
        self.finish()
        arrays, words, progress = read_checkpoint(self.path / CHECKPOINT)
        self._best = {name.removeprefix(BEST): array for name, array in arrays.items() if name.startswith(BEST)}
        state = _state(arrays)
        if progress.best_step == progress.step > 0:
            self._best = scored(state)
        self._metrics = [words[METRICS] if METRICS in words else self._older_metrics(progress.step)]
        self._derive(state, self._best, "".join(self._metrics))
        return state, progress

    def _older_metrics(self, step: int) -> str:
        """The lines up to `step` next to a checkpoint that does not hold them: earlier versions wrote such."""
        path = self.path / LINES
        lines = path.read_text("utf-8").split("\n") if path.exists() else []
        return "".join(
            f"{line}\n" for line in lines if (found := re.search(r'"step": (\d+),', line)) and int(found[1]) <= step
        )

    def _write(self, state: State, progress: Progress, best: State, metrics: str) -> None:
        words = {PROGRESS: progress.to_json(), METRICS: metrics}
        kept = {} if progress.best_step == progress.step else {BEST + name: array for name, array in best.items()}
        arrays = state | kept
        save(arrays, self.path / CHECKPOINT, words | {CHECKSUM: _checksum(arrays, words)})
        if self.keep > 1 and progress.step and not progress.sums.images:
            self._keep(progress.step)
        self._derive(state, best, metrics)

    def _keep(self, step: int) -> None:
        """Copies the checkpoint of an evaluation aside, and removes the oldest of these beyond `keep`."""
        write_atomically(self.path / f"checkpoint-{step}.safetensors", (self.path / CHECKPOINT).read_bytes())
        kept = sorted((int(found[1]), path) for path in self.path.iterdir() if (found := KEPT.fullmatch(path.name)))
        for _, path in kept[: -self.keep]:
            path.unlink()

    def _derive(self, state: State, best: State, metrics: str) -> None:
        """Writes what is made of a checkpoint."""
        save(scored(state), self.path / LAST)
        if best:
            save(best, self.path / FINEST)
        write_atomically(self.path / LINES, metrics.encode())


def read_description(path: Path) -> bytes:
    """What `recipe.json` of the run at `path` holds (RunError)."""
    if not is_run(path):
        raise RunError(f"{path} holds no run to go on with: leave --resume out to begin one")
    return (path / RECIPE).read_bytes()


def read_state(path: Path) -> tuple[State, Progress]:
    """The state and the progress of the run at `path` (RunError), which stays as it is."""
    arrays, _, progress = read_checkpoint(path / CHECKPOINT)
    return _state(arrays), progress


def read_checkpoint(path: Path) -> tuple[State, Mapping[str, str], Progress]:
    """What the checkpoint at `path` holds: its arrays, the words with them, and the progress (RunError)."""
    try:
        arrays, words = read(path)
        if words.get(CHECKSUM, "") not in {"", _checksum(arrays, words)}:
            raise RunError(f"{path} is damaged (its checksum differs): begin another run with another --out")
        return arrays, words, Progress.from_json(words[PROGRESS])
    except (WeightsError, KeyError, ValueError) as error:
        raise RunError(f"{path} is no checkpoint ({brief(error)}): begin another run with another --out") from error


def _state(arrays: Mapping[str, Array]) -> State:
    return {_as_now(name): array for name, array in arrays.items() if not name.startswith(BEST)}


def _checksum(arrays: Mapping[str, Array], words: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for name in (PROGRESS, METRICS):
        digest.update(f"{name} {words.get(name)}\n".encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _as_now(name: str) -> str:
    """The name in a state that earlier versions wrote as `name`."""
    return f"{SLOTS}momentum/{name.removeprefix(OLD_SLOTS)}" if name.startswith(OLD_SLOTS) else name
