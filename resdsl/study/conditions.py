"""What a study is carried out under, apart from what it says itself: kept in its folder, so that all of it is alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Gt
from pydantic import BaseModel, ConfigDict, ValidationError

from resdsl.atomic import write_atomically
from resdsl.backend import Precision
from resdsl.training.errors import RunError, brief

FILE = "study.json"
RUNS = "runs"
Positive = Annotated[int, Gt(0)]


def counted(number: int, what: str) -> str:
    """`1 seed`, `3 seeds`."""
    return f"{number} {what}{'s' if number > 1 else ''}"


class Conditions(BaseModel):
    """`scale` is a share of the steps, as `1/8`; what is None is as the study has it.

    `threads` are a run's own, since their number can change the last bits of what a processor computes.
    """

    model_config = ConfigDict(frozen=True)

    study: str
    scale: str = "1"
    parameters: dict[str, int | float] = {}
    input: str | None = None
    data: str | None = None
    limit: Positive | None = None
    limit_test: Positive | None = None
    batch: Positive | None = None
    backend: str | None = None
    precision: Precision | None = None
    threads: Annotated[int, Ge(1)] | None = None
    seeds: Positive | None = None

    @property
    def share(self) -> Fraction:
        """The scale as a number."""
        return Fraction(self.scale)

    @property
    def said(self) -> Iterator[str]:
        """What differs from the study as it is written, a sentence each."""
        if self.share != 1:
            yield f"Steps, and where the rate falls, are {self.scale} of what is written (--scale {self.scale})."
        for name, value in self.parameters.items():
            yield f"The study's {name} is {value:g} (--set {name}={value:g})."
        if self.input:
            yield f"Images are {self.input} (--input {self.input})."
        if self.data:
            yield f"The data set is {self.data} (--data {self.data}); the recipes keep their epochs."
        if self.limit:
            yield f"Only the first {self.limit:,} training images are used (--limit {self.limit})."
        if self.limit_test:
            yield f"Only {self.limit_test:,} of the test images are used (--limit-test {self.limit_test})."
        if self.batch:
            yield f"A step takes {self.batch} images (--batch {self.batch})."
        if self.backend:
            yield f"The framework is {self.backend} (--backend {self.backend})."
        if self.precision:
            yield f"Steps are computed in {self.precision} (--precision {self.precision})."
        if self.seeds:
            yield f"Each network is trained with {counted(self.seeds, 'seed')} (--seeds {self.seeds})."


def kept(folder: Path) -> Conditions | None:
    """What a study in `folder` was begun under, if one was (RunError)."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        return Conditions.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise RunError(f"{path} does not say how the study was begun ({brief(error)}): pass another --out") from error


def keep(folder: Path, asked: Conditions, given: frozenset[str]) -> Conditions:
    """The conditions of the study in `folder`: as `asked` where it is new, else as before, which `asked` must fit.

    `given` are the names of what the call says itself. The seeds may become more or fewer, and where no run has begun,
    a mistake in whatever was asked for can be mended. Raises RunError.
    """
    before, begun = kept(folder), any((folder / RUNS).glob("*"))
    found = asked if before is None else before.model_copy(update={name: getattr(asked, name) for name in given})
    for name, value in (before.model_dump() if before else {}).items():
        now = getattr(asked if name == "study" else found, name)
        free = name == "seeds" or (name != "study" and not begun)
        if not free and now != value:
            remedy = "leave that as it was, or pass another --out"
            raise RunError(f"{folder} was begun with {name} {_shown(value)}, not {_shown(now)}: {remedy}")
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / FILE, (json.dumps(found.model_dump(), indent=2) + "\n").encode())
    return found


def _shown(value: Any) -> str:
    return "as it is written" if value is None else json.dumps(value).replace('"', "")
