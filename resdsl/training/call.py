"""Training as a function: what may be asked for, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from resdsl.backend import Compute
from resdsl.clean import short_repr
from resdsl.ir.network import Network
from resdsl.specs import Asked
from resdsl.training.begin import TrainRequest, begin
from resdsl.training.display import NoDisplay, display
from resdsl.training.folder import FINEST, LAST
from resdsl.training.loop import run
from resdsl.training.metrics import Metrics
from resdsl.training.resolve import Overrides


class Kind(NamedTuple):
    """What an argument has to be, in types, by a question, and in words."""

    types: tuple[type, ...]
    sound: Callable[[Any], bool]
    words: str


_COUNT = Kind((int,), lambda n: n >= 1, "a whole number from 1")
_FROM_ZERO = Kind((int,), lambda n: n >= 0, "a whole number from 0")
_FLAG = Kind((bool,), lambda flag: True, "True or False")
_PATH = Kind((str, Path), lambda path: str(path) != "", "a path")
_NAME = Kind((str,), lambda name: name != "", "a name")
KINDS: Mapping[str, Kind] = {
    "data": _NAME,
    "backend": _NAME,
    **dict.fromkeys(
        ("epochs", "steps", "batch", "limit", "limit_test", "threads", "accumulate", "devices", "keep"), _COUNT
    ),
    **dict.fromkeys(("seed", "workers"), _FROM_ZERO),
    **dict.fromkeys(("compile", "deterministic", "remat", "strict", "download", "resume", "show"), _FLAG),
    **dict.fromkeys(("data_dir", "weights", "out"), _PATH),
    "lr": Kind((int, float), lambda lr: 0 < lr < float("inf"), "a rate above 0"),
    "precision": Kind((str,), {"float32", "bfloat16"}.__contains__, "'float32' or 'bfloat16'"),
    "freeze": Kind(
        (list, tuple), lambda parts: all(isinstance(part, str) for part in parts), "a list such as ['stem', 'layer1']"
    ),
}


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was trained: its folder, how far it came, and the `metrics` of its evaluations."""

    path: Path
    step: int
    steps: int
    best_top1: float
    best_step: int
    metrics: tuple[Metrics, ...]

    @property
    def finished(self) -> bool:
        """Whether all steps are done; Ctrl-C ends a run before."""
        return self.step >= self.steps

    @property
    def best(self) -> Path:
        """The weights with the best top-1."""
        return self.path / FINEST

    @property
    def last(self) -> Path:
        """The weights at the end."""
        return self.path / LAST

    def __repr__(self) -> str:
        return f"<Run {self.path}: step {self.step}/{self.steps}, best top-1 {self.best_top1:.2%}>"


def check_call(options: Mapping[str, object]) -> None:
    """Raises TypeError or ValueError for the first of the `options` that is not what it has to be; None is left out."""
    for name, value in options.items():
        kind = KINDS[name]
        wrong = not isinstance(value, kind.types) or (isinstance(value, bool) and bool not in kind.types)
        if value is not None and (wrong or not kind.sound(value)):
            raise (TypeError if wrong else ValueError)(f"{name} is {short_repr(value)}: expected {kind.words}")


def trained(network: Network, sources: Mapping[str, str], options: Mapping[str, Any], asked: Asked) -> Run:
    """Trains as `options` say (TypeError, ValueError, TrainError, WeightsError, BackendMissing, OSError)."""
    check_call(options)
    given = {name: value for name, value in options.items() if value is not None}
    show = given.pop("show", True)
    for name in given.keys() & {"data_dir", "weights", "out"}:
        given[name] = Path(given[name])
    if "freeze" in given:
        given["freeze"] = tuple(given["freeze"])
    parameters, input, output_stride = asked
    overrides = Overrides(**{each.name: given.pop(each.name) for each in fields(Overrides) if each.name in given})
    compute = {each.name: given.pop(each.name) for each in fields(Compute) if each.name in given}
    ready = begin(
        TrainRequest(
            network, sources, parameters, overrides, compute=compute, input=input, output_stride=output_stride, **given
        )
    )
    reached = run(ready.job, ready.folder, display(Console()) if show else NoDisplay(), ready.progress)
    metrics = tuple(map(Metrics.from_json, ready.folder.metrics))
    return Run(
        ready.folder.path, reached.step, ready.job.timetable.total, reached.best_top1, reached.best_step, metrics
    )
