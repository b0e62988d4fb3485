"""What a worker is asked to do, and what it answers: a line of JSON each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Task:
    """A run that is to be begun or gone on with: `spec` declares its network alone.

    `overrides` are fields of `training.resolve.Overrides`, `compute` of `backend.Compute`; `measured` are words of plots.
    """

    spec: str
    out: str
    overrides: dict[str, Any]
    measured: tuple[str, ...] = ()
    compute: dict[str, Any] = field(default_factory=dict)
    backend: str | None = None
    data_dir: str | None = None
    download: bool = False

    @property
    def path(self) -> Path:
        """The run folder."""
        return Path(self.out)

    def line(self) -> str:
        """The task as it is sent."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def of(cls, line: str) -> Task:
        """What `line` wrote."""
        return cls(**json.loads(line))


@dataclass(frozen=True, slots=True)
class Answer:
    """How far a task has come, of how many steps; or that it is `done`, was stopped, or `failed`, and why."""

    step: int = 0
    total: int = 0
    done: bool = False
    stopped: bool = False
    failed: str = ""

    @property
    def last(self) -> bool:
        """Whether the worker is free again."""
        return self.done or self.stopped or bool(self.failed)

    def line(self) -> str:
        """The answer as it is sent."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def of(cls, line: str) -> Answer:
        """What `line` wrote."""
        return cls(**json.loads(line))
