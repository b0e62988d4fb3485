"""The tensors of a checkpoint that may be parameters: float32, in canonical layout, each with the path of its module."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from resdsl.backend import Array, is_weight
from resdsl.transfer.reader import Leaf, Stored, Unread
from resdsl.weights.files import FLOATS

Path = tuple[str, ...]
# What wrappers put into names without keeping anything apart: torch.compile, Linen's collections, pickled modules.
TRANSPARENT = {"_orig_mod", "params", "batch_stats", "_modules", "_parameters", "_buffers"}
# What others call a module's parameters: PyTorch, Flax, MXNet and TensorFlow.
ROLES = {
    "weight": "weight", "kernel": "weight", "scale": "weight", "gamma": "weight", "bias": "bias", "beta": "bias",
    "running_mean": "running_mean", "moving_mean": "running_mean", "mean": "running_mean",
    "pos_embed": "pos_embed", "positional_embedding": "pos_embed", "v": "v", "alpha": "alpha",
    "running_var": "running_var", "moving_var": "running_var", "moving_variance": "running_var", "var": "running_var",
}  # fmt: skip
TRAINING = {"optimizer", "optimizers", "optim", "opt"}
_PARAMETER = re.compile(rf"(?:(.*?)[._])?({'|'.join(ROLES)})")
# TensorFlow's number of an output; an nnx.state that was saved as it is keeps each array as the `value` of a variable.
_SUFFIX = re.compile(r":\d+$|[./](raw_)?value$")


class Entry(NamedTuple):
    """A tensor that may be a parameter: `name` as the file has it, `module` the parts of its module's name.

    `changes` says what was done to it; `kernel` that it came in Flax's layout.
    """

    name: str
    module: Path
    role: str
    array: Array
    changes: tuple[str, ...]
    kernel: bool


class Left(NamedTuple):
    """What a checkpoint holds and a network does not take; where that is `harmless`, nothing of the network is lost."""

    name: str
    shape: tuple[int, ...] | None
    reason: str
    harmless: bool


def path_of(name: str) -> Path:
    """The parts of a tensor's name, without those that say nothing."""
    return tuple(part for part in re.split(r"[./]", _SUFFIX.sub("", name)) if part not in TRANSPARENT)


def words_of(parts: Sequence[str]) -> set[str]:
    """The words in names, in small letters: `convShortcut` has two."""
    return {word.lower() for part in parts for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", part)}


def tensors(stored: Stored) -> tuple[list[Entry], list[Left]]:
    """The tensors that may be parameters, in the file's order, and all else."""
    found = [_read(name, leaf) for name, leaf in stored.entries.items()]
    return [entry for entry in found if isinstance(entry, Entry)], [left for left in found if isinstance(left, Left)]


def _read(name: str, leaf: Leaf | None) -> Entry | Left:
    if leaf is None:
        return Left(name, None, "no tensor", True)
    path = path_of(name)
    if not is_weight(name) or words_of(path[:1]) & TRAINING:
        return Left(name, None, "the state of an optimizer", True)
    if isinstance(leaf, Unread):
        return Left(name, None, f"{leaf.what} cannot be read", False)
    array, dtype = leaf
    part = _PARAMETER.fullmatch(".".join(path))
    if array.ndim == 0 or (part is None and dtype not in FLOATS):
        return Left(name, array.shape, "a counter or a key: nothing here uses it", True)
    if part is None or not part[1]:
        return Left(name, array.shape, f"no name of a parameter: expected it to end in {', '.join(ROLES)}", False)
    if dtype not in FLOATS:
        return Left(name, array.shape, f"{dtype} numbers: expected floating point", False)
    return _entry(name, tuple(part[1].split(".")), part[2], array, dtype)


def _entry(name: str, module: Path, word: str, array: Array, dtype: str) -> Entry:
    changes = [] if dtype == "float32" else [f"{dtype} to float32"]
    kernel = word == "kernel" and array.ndim > 1
    if kernel:
        array = np.moveaxis(array, (-1, -2), (0, 1))
        changes.append("HWIO to OIHW" if array.ndim == 4 else "transposed")
    with np.errstate(over="ignore"):  # What overflows is found with all that is not finite.
        return Entry(name, module, ROLES[word], array.astype(np.float32, copy=False), tuple(changes), kernel)
