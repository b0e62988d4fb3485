"""What came out of a study: the records of its trials, and what is made of them over the seeds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple, assert_never

from pydantic import TypeAdapter, ValidationError

from resdsl.atomic import write_atomically
from resdsl.ir.study import Measure, Over, Run
from resdsl.study.plan import Plan
from resdsl.study.record import Record, overrides_of, read_record
from resdsl.training.metrics import Metrics

FAILURES = "failures.json"
Of = Callable[[Metrics], float]


class Spread(NamedTuple):
    """Numbers of the seeds of one run: their middle or mean, the least, the most, and how many they are."""

    middle: float
    least: float
    most: float
    seeds: int

    @classmethod
    def of(cls, values: Sequence[float], over: Over = "median") -> Spread:
        """The spread of at least one number."""
        return cls(_middle(values, over), min(values), max(values), len(values))


class Curve(NamedTuple):
    """A line over the steps of a run: the median of its seeds, and the least and the most of them."""

    steps: tuple[int, ...]
    spreads: tuple[Spread, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """A plan, and the record of each of its trials by its folder's name."""

    plan: Plan
    records: Mapping[str, Record]

    def of(self, run: Run) -> list[Record]:
        """The records of a run that are complete: one for each of its seeds, as far as they are."""
        records = (self.records[trial.path.name] for trial in self.plan.of(run))
        return [record for record in records if record.done(self.plan.measured)]

    def curve(self, run: Run, of: Of) -> Curve | None:
        """A curve of a run, where there is a complete seed."""
        records = self.of(run)
        if not records:
            return None
        rows = list(zip(*(record.metrics for record in records), strict=False))
        steps = tuple(row[0].step for row in rows)
        return Curve(steps, tuple(Spread.of([of(metrics) for metrics in row]) for row in rows))

    def final(self, run: Run, measure: Measure, over: Over) -> Spread | None:
        """A measure after the last step."""
        values = [value(measure, record.metrics[-1]) for record in self.of(run) if record.metrics]
        return Spread.of(values, over) if values else None

    def layers(self, run: Run, key: str) -> list[Spread]:
        """Something that was measured, layer by layer."""
        found = [record.measures[key] for record in self.of(run)]
        return [Spread.of(values) for values in zip(*found, strict=True)]

    @property
    def lacking(self) -> Iterator[str]:
        """What is not in the figures, a sentence each."""
        waiting = 0
        for trial in self.plan.trials:
            record, label = self.records[trial.path.name], self.plan.study.labels[trial.run.name]
            if record.failed:
                yield f"{label}, seed {trial.seed}, failed: {record.failed}"
            elif record.begun and not record.done(self.plan.measured):
                yield f"{label}, seed {trial.seed}, is at step {record.step:,} of {record.total:,}"
            else:
                waiting += not record.begun
        if waiting:
            yield f"{waiting} of {len(self.plan.trials)} runs have not begun"

    @property
    def failures(self) -> int:
        """How many trials failed."""
        return sum(bool(record.failed) for record in self.records.values())

    @property
    def complete(self) -> bool:
        """Whether every trial is at its end."""
        return all(record.done(self.plan.measured) for record in self.records.values())


def results(plan: Plan) -> Results:
    """What the folders of a plan hold, and what is known of runs that failed."""
    known = kept_failures(plan.folder)
    found: dict[str, Record] = {}
    for trial in plan.trials:
        record = read_record(trial, overrides_of(plan, trial))
        lost = trial.path.name in known and not record.done(plan.measured) and not record.failed
        found[trial.path.name] = replace(record, failed=known[trial.path.name]) if lost else record
    return Results(plan, found)


def kept_failures(folder: Path) -> dict[str, str]:
    """Why runs failed when they were last tried, by their folders' names."""
    try:
        return TypeAdapter(dict[str, str]).validate_json((folder / FAILURES).read_bytes())
    except (OSError, ValidationError):
        return {}


def keep_failures(folder: Path, failures: Mapping[str, str]) -> None:
    """Keeps that for the next report."""
    write_atomically(folder / FAILURES, (json.dumps(dict(failures), indent=2) + "\n").encode())


def value(measure: Measure, metrics: Metrics) -> float:
    """Errors in per cent, losses in nats."""
    match measure:
        case "test_error":
            return 100 * (1 - metrics.test_top1)
        case "train_error":
            return 100 * (1 - metrics.train_top1)
        case "test_loss":
            return metrics.test_loss
        case "train_loss":
            return metrics.train_loss
        case _:
            assert_never(measure)


def _middle(values: Sequence[float], over: Over) -> float:
    if not all(map(isfinite, values)):
        return float("nan")
    match over:
        case "median":
            return median(values)
        case "mean":
            return fmean(values)
        case _:
            assert_never(over)
