"""What a run folder tells of its run, read from its checkpoint: all else in it may be older."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from resdsl.specs import SPEC
from resdsl.study.measures import Measures, keys_of, read_measures
from resdsl.study.plan import Plan, Trial
from resdsl.study.task import Task
from resdsl.training.description import Description
from resdsl.training.errors import RunError
from resdsl.training.folder import CHECKPOINT, METRICS, is_run, read_checkpoint, read_description
from resdsl.training.metrics import Metrics, steadied


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """How far a trial has come, and its `metrics` so far; `failed` says why it cannot go on."""

    step: int = 0
    total: int = 0
    metrics: tuple[Metrics, ...] = ()
    measures: Measures = field(default_factory=dict)
    failed: str = ""

    @property
    def begun(self) -> bool:
        """Whether there is anything."""
        return self.total > 0

    def done(self, wanted: Sequence[str]) -> bool:
        """Whether it is trained to its end, and all that is `wanted` is measured."""
        return self.begun and self.step >= self.total and not self.failed and self.measures.keys() >= keys_of(wanted)


def read_record(trial: Trial, overrides: dict[str, object]) -> Record:
    """What there is of a trial that was asked for with `overrides`; never raises for what it finds in its folder."""
    path = trial.path
    if not path.exists():
        return Record()
    if not is_run(path):
        return Record(failed=f"{path.name} holds no run: remove it")
    try:
        description = Description.read(Path(path.name), read_description(path))
        _check_same(trial, description, overrides)
        _, words, progress = read_checkpoint(path / CHECKPOINT)
        metrics = tuple(map(Metrics.from_json, words.get(METRICS, "").splitlines()))
        total = description.timetable.total
        return Record(progress.step, total, steadied(metrics), read_measures(path))
    except RunError as error:
        return Record(failed=_without_folder(str(error), path))
    except (OSError, TypeError, ValueError) as error:
        return Record(failed=f"{path.name} cannot be read ({_without_folder(str(error), path)}): remove it")


def overrides_of(plan: Plan, trial: Trial) -> dict[str, object]:
    """What the runner is asked for in place of the recipe's own, for a trial."""
    conditions = plan.conditions
    asked = {name: getattr(conditions, name) for name in ("data", "limit", "limit_test", "batch")}
    return {name: value for name, value in (asked | {"seed": trial.seed}).items() if value is not None}


def task_of(plan: Plan, trial: Trial, data_dir: Path | None, download: bool) -> Task:
    """What a worker is asked to do for a trial."""
    conditions = plan.conditions
    compute = {"precision": conditions.precision, "threads": conditions.threads}
    given = {name: value for name, value in compute.items() if value is not None}
    folder = str(data_dir) if data_dir else None
    asked = overrides_of(plan, trial)
    return Task(trial.text, str(trial.path), asked, plan.measured, given, conditions.backend, folder, download)


def _check_same(trial: Trial, description: Description, overrides: dict[str, object]) -> None:
    remedy = "remove it, or pass another --out"
    if (trial.path / SPEC).read_text("utf-8") != trial.text:
        raise RunError(f"{trial.path.name} was begun with another network or recipe than the study's: {remedy}")
    before = {name: value for name, value in asdict(description.overrides).items() if value is not None}
    if before != overrides:
        raise RunError(f"{trial.path.name} was begun with {_shown(before)}, not {_shown(overrides)}: {remedy}")


def _shown(overrides: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in overrides.items())


def _without_folder(words: str, path: Path) -> str:
    """A report tells of a run by its folder's name alone: it says the same wherever it lies."""
    return words.replace(str(path), path.name)
