"""`recipe.json`: everything that decided how a run went."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from annotated_types import Len
from pydantic import BaseModel, TypeAdapter, ValidationError

from resdsl.backend import Compute, Precision
from resdsl.ir.join import Add
from resdsl.ir.network import Network
from resdsl.ir.recipe import Recipe
from resdsl.specs import RECIPE
from resdsl.training.errors import RunError, brief
from resdsl.training.loop import Job
from resdsl.training.resolve import Overrides
from resdsl.training.timetable import Timetable
from resdsl.version import __version__


class DataEntry(BaseModel):
    """The images: how many, which, how they are scaled, and the names of their classes where these are the folder's."""

    name: str
    train: int
    test: int
    sha256: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: tuple[str, ...] = ()


class SessionEntry(BaseModel):
    """One session of a run: from which step on, and on what."""

    step: int
    began: str
    backend: str
    framework: str
    device: str
    precision: Precision
    compile: bool = False
    deterministic: bool = True
    remat: bool = False
    threads: int | None = None
    accumulate: int = 1
    keep: int = 1
    data_dir: Path | None = None
    resdsl: str
    numpy: str
    python: str
    platform: str

    @property
    def compute(self) -> dict[str, Any]:
        """How it computed, by Compute's fields."""
        return {name: getattr(self, name) for name in asdict(Compute())}


class Description(BaseModel):
    """All that there is to say of a run; `recipe` as it was followed, the last of `sessions` goes on.

    `weights` is the name of the file that it began from, if it did; `input` and `output_stride` what was asked for in
    place of the spec's own.
    """

    network: str
    parameters: dict[str, int | float]
    structure: str
    overrides: Overrides
    recipe: dict[str, Any]
    data: DataEntry
    weights: str | None = None
    input: str | None = None
    output_stride: int | None = None
    sessions: Annotated[list[SessionEntry], Len(min_length=1)]

    def text(self) -> str:
        """The file."""
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"

    def followed(self) -> Recipe:
        """The recipe as it was followed (RunError)."""
        try:
            return TypeAdapter(Recipe).validate_python(self.recipe)
        except ValidationError as error:
            raise RunError(
                f"{RECIPE} holds no recipe ({brief(error)}): begin another run with another --out"
            ) from error

    @property
    def timetable(self) -> Timetable:
        """How long the run is, by its recipe (KeyError, TypeError, ValueError, ZeroDivisionError where that is damaged)."""
        per_epoch = self.data.train // int(self.recipe["batch"])
        return Timetable(int(self.recipe["steps"] or int(self.recipe["epochs"]) * per_epoch), per_epoch)

    @classmethod
    def read(cls, path: Path, content: bytes) -> Description:
        """What `text` wrote to the run folder at `path` (RunError)."""
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            raise RunError(
                f"{path / RECIPE} does not say how the run was begun ({brief(error)}): begin another with another --out"
            ) from error


def structure(network: Network) -> str:
    """SHA-256 of all that a network computes; where in a file it was written does not matter."""
    digest = hashlib.sha256(str(network.input).encode())
    for name, layer in network.layers():
        values = {f.name: getattr(layer, f.name) for f in fields(layer) if f.name not in {"span", "formulas"}}
        digest.update(f"{name} {values}\n".encode())
    for block in network.blocks:
        if block.join.signature != Add().signature or block.drop_path:
            digest.update(f"{block.name} {block.join.signature} {block.drop_path}\n".encode())
    return digest.hexdigest()


def described(
    job: Job, network: Network, parameters: Mapping[str, float], overrides: Overrides, sessions: list[SessionEntry]
) -> Description:
    """The run that `job` is."""
    data = job.dataset
    return Description(
        network=network.name,
        parameters=dict(parameters),
        structure=structure(network),
        overrides=overrides,
        recipe=_plain(job.recipe),
        data=DataEntry(
            name=data.name,
            train=len(data.train),
            test=len(data.test),
            sha256=data.fingerprint(),
            mean=data.scale.mean,
            std=data.scale.std,
            classes=data.names,
        ),
        sessions=sessions,
    )


def session_entry(job: Job, compute: Compute, data_dir: Path | None, step: int, keep: int = 1) -> SessionEntry:
    """The session that goes on from `step`."""
    own = asdict(compute) | {"precision": job.session.precision}
    return SessionEntry(
        step=step,
        began=datetime.now(UTC).isoformat(timespec="seconds"),
        backend=job.backend,
        framework=job.session.framework,
        device=job.session.device,
        data_dir=data_dir,
        keep=keep,
        resdsl=__version__,
        numpy=np.__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        **own,
    )


def check_same_run(path: Path, old: Description, new: Description, longer: bool) -> None:
    """Raises RunError unless `new` goes on with the run that `old` describes; `longer`: its length may change."""
    remedy = "leave that as it was, or begin another run with another --out"
    if old.structure != new.structure:
        raise RunError(f"{path} was begun with another network than this {new.network}: {remedy}")
    if old.data.sha256 != new.data.sha256:
        raise RunError(f"{path} was begun with other images than these of {new.data.name}: {remedy}")
    free = {"steps", "epochs", "schedule", "warmup"} if longer else set()
    known = _plain(Recipe()) | old.recipe  # An older version did as the default of what it did not know.
    for name, value in new.recipe.items():
        before = known[name]
        if name not in free and before != value:
            raise RunError(f"{path} was begun with {name} {_brief(before)}, not {_brief(value)}: {remedy}")


def _plain(recipe: Recipe) -> dict[str, Any]:
    """As it reads from the file: tuples become lists."""
    return json.loads(json.dumps(asdict(recipe)))  # type: ignore[no-any-return]


def _brief(value: Any) -> str:
    return json.dumps(value).replace('"', "")
