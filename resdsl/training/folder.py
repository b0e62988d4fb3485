"""The run folder: all that a run leaves behind, and all that it needs to go on.

`spec.res` is the spec with everything that it uses, `recipe.json` the resolved recipe and what it ran on,
`metrics.jsonl` has a line per evaluation, `last.safetensors` the weights, `checkpoint.safetensors` the weights, their
momentum, and the progress. Every file but the metrics, which grow, is written whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, final

import numpy as np

from resdsl.atomic import write_atomically
from resdsl.backend import OLD_SLOTS, SLOTS, Array, is_slot
from resdsl.training.errors import DivergedError, RunError
from resdsl.training.metrics import Metrics
from resdsl.training.progress import Progress
from resdsl.weights.files import WeightsError, read, save

PROGRESS = "progress"
RECIPE = "recipe.json"
RUNS = Path("runs")


def check_free(path: Path) -> None:
    """Raises RunError where a new run at `path` would meet something that is there already."""
    if (path / RECIPE).exists():
        raise RunError(f"{path} holds a run already: go on with it with --resume, or pass another --out")
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RunError(f"{path} is not an empty folder: pass another --out")


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
class RunFolder:
    """The files of one run, at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.weights = path / "last.safetensors"
        self._checkpoint = path / "checkpoint.safetensors"
        self._metrics = path / "metrics.jsonl"
        self._recipe = path / RECIPE

    @classmethod
    def create(cls, path: Path, spec: str, recipe: Mapping[str, Any]) -> RunFolder:
        """A new run folder; raises RunError where there is anything already."""
        check_free(path)
        path.mkdir(parents=True, exist_ok=True)
        write_atomically(path / "spec.res", spec.encode())
        folder = cls(path)
        folder.describe(recipe)
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """The folder of a run that was begun before; raises RunError where there is none."""
        folder = cls(path)
        if not folder._recipe.is_file():
            raise RunError(f"{path} holds no run to go on with: leave --resume out to begin one")
        return folder

    def describe(self, recipe: Mapping[str, Any]) -> None:
        """Writes `recipe.json`."""
        write_atomically(self._recipe, (json.dumps(recipe, indent=2) + "\n").encode())

    def description(self) -> dict[str, Any]:
        """What `recipe.json` says (RunError)."""
        try:
            found = json.loads(self._recipe.read_bytes())
        except ValueError as error:
            raise RunError(f"{self._recipe} is damaged ({error}): begin another run with another --out") from error
        return dict(found)

    def append(self, metrics: Metrics) -> None:
        """Adds a line to `metrics.jsonl`."""
        with self._metrics.open("a", encoding="utf-8") as file:
            file.write(metrics.to_json() + "\n")

    def save(self, state: Mapping[str, Array], progress: Progress) -> None:
        """Writes the checkpoint and the weights; raises DivergedError rather than save weights that are no numbers."""
        broken = next((name for name, array in state.items() if not np.isfinite(array).all()), None)
        if broken:
            raise DivergedError(
                f"{broken} holds values that are not numbers after step {progress.step}, and is not saved: "
                f"{DivergedError.REMEDY}"
            )
        save(state, self._checkpoint, {PROGRESS: progress.to_json()})
        weights = {name: array for name, array in state.items() if not is_slot(name)}
        save(weights, self.weights)

    def load(self) -> tuple[dict[str, Array], Progress]:
        """The state and the progress of the last checkpoint (RunError).

        Evaluations after it, which the run will come to again, are taken off `metrics.jsonl`.
        """
        try:
            arrays, metadata = read(self._checkpoint)
            progress = Progress.from_json(metadata[PROGRESS])
        except (WeightsError, KeyError, TypeError, ValueError) as error:
            raise RunError(
                f"{self._checkpoint} is no checkpoint ({error}): begin another run with another --out"
            ) from error
        write_atomically(self._metrics, "".join(self._lines_until(progress.step)).encode())
        return {_as_now(name): array for name, array in arrays.items()}, progress

    def _lines_until(self, step: int) -> Iterator[str]:
        for line in self._metrics.read_text("utf-8").splitlines(keepends=True) if self._metrics.exists() else []:
            try:
                kept = json.loads(line)["step"] <= step
            except ValueError:  # The run was killed in the middle of this line.
                kept = False
            if kept:
                yield line


def _as_now(name: str) -> str:
    """The name in a state that earlier versions wrote as `name`."""
    return f"{SLOTS}momentum/{name.removeprefix(OLD_SLOTS)}" if name.startswith(OLD_SLOTS) else name
