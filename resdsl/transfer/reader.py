"""What reads one format of checkpoints into nested dictionaries of NumPy arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from resdsl.backend import Array


class Tensor(NamedTuple):
    """An array of a checkpoint, with its type's name as it was stored: NumPy has no bfloat16."""

    array: Array
    dtype: str


class Unread(NamedTuple):
    """A tensor that cannot become an array: what it is instead (`quantized qint8 numbers`)."""

    what: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What a checkpoint holds: Tensors and Unreads, in dictionaries of any depth, among anything else.

    `ordered` says that the format keeps the order in which its writer put them.
    """

    entries: Mapping[str, Any]
    ordered: bool


class CheckpointReader(ABC):
    """One format of checkpoints. `title` is for the reader of messages; `framework` is the package that it needs, and
    `install` the command that installs it."""

    title: str
    framework: str
    install: str

    @abstractmethod
    def claims(self, path: Path, head: bytes) -> bool:
        """Whether `path`, a folder or a file that begins with `head`, is of this format."""

    @abstractmethod
    def read(self, path: Path) -> Stored:
        """What is in it, without running anything that it says; raises WeightsError."""
