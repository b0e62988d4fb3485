"""What reads one format of checkpoints: tensors as NumPy arrays, by name."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from resdsl.backend import Array

DEPTH = 64
PLAIN = int | float | str | None
VISITS = 500_000


class Tensor(NamedTuple):
    """An array of a checkpoint, with its type's name as it was stored: NumPy has no bfloat16."""

    array: Array
    dtype: str


class Unread(NamedTuple):
    """A tensor that cannot become an array: what it is instead (`quantized qint8 numbers`)."""

    what: str


Leaf = Tensor | Unread


@dataclass(frozen=True, slots=True)
class Stored:
    """What a checkpoint holds, by names whose parts are joined by dots; None is anything but a tensor.

    `ordered` says that the format keeps the order in which its writer put them.
    """

    entries: Mapping[str, Leaf | None]
    ordered: bool


class CheckpointReader(ABC):
    """One format of checkpoints. `title` is for the reader of messages; `framework` is the package that it needs, and
    `install` the command that installs it."""

    title: str
    framework: str
    install: str = ""

    @abstractmethod
    def claims(self, path: Path, head: bytes) -> bool:
        """Whether `path`, a folder or a file that begins with `head`, is of this format."""

    @abstractmethod
    def read(self, path: Path) -> Stored:
        """What is in it, without running anything that it says; raises WeightsError, or ValueError where it is damaged."""


class CheckpointWriter(ABC):
    """A format that weights are written in, where a file's name ends in one of the `endings`, by the package `encoder`."""

    encoder: str
    endings: tuple[str, ...]

    @abstractmethod
    def encode(self, weights: Mapping[str, Array], words: Mapping[str, str]) -> bytes:
        """The content of a file with these weights, and with a few words about them where the format has a place."""


def flattened(content: Any, opened: Callable[[Any], Any]) -> dict[str, Leaf | None]:
    """The tensors in dictionaries and lists of any depth, by joined names; raises ValueError.

    `opened` turns what a format stands for something with into a dictionary, a list, a Tensor, an Unread, or anything
    else.
    """
    found: dict[str, Leaf | None] = {}
    waiting: list[tuple[tuple[str, ...], Any]] = [((), content)]
    for _ in range(VISITS):
        if not waiting:
            return found
        path, value = waiting.pop()
        if len(path) > DEPTH:
            raise ValueError(f"it is nested more than {DEPTH} deep, or holds itself")
        match opened(value):
            case Tensor() | Unread() as leaf:
                found[".".join(path)] = leaf
            case Mapping() as items:
                waiting += [((*path, str(key)), inner) for key, inner in reversed(list(items.items()))]
            case list() | tuple() as elements if not all(isinstance(inner, PLAIN) for inner in elements):
                waiting += [((*path, str(index)), inner) for index, inner in reversed(list(enumerate(elements)))]
            case _:
                found.setdefault(".".join(path))
    raise ValueError("it holds the same things over and over")


def shaped(flat: Array, shape: Sequence[Any]) -> Array | Unread:
    """The numbers in a shape that a file gives them, which need not be one."""
    if not all(isinstance(size, int) and 0 <= size < 2**62 for size in shape) or len(shape) > 32:
        return Unread("numbers in no possible shape")
    if math.prod(shape) != flat.size or not flat.size:
        return Unread(f"{flat.size} numbers in the shape {'x'.join(map(str, shape))}")
    return flat.reshape(shape)
