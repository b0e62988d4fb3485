"""The tensors of a checkpoint, out of what they are wrapped in: float32, in canonical layout, by module."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from resdsl.backend import MOMENTUM, Array
from resdsl.transfer.reader import Stored, Tensor, Unread
from resdsl.weights.files import WeightsError

# Under which names scripts put the state dict beside the epoch, the optimizer and the like.
WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "module", "weights")
# What wrappers in the code itself put before every name: DataParallel, torch.compile, Lightning, Linen.
PREFIXES = {"module", "model", "net", "network", "backbone", "_orig_mod", "params", "batch_stats"}
# What others call a module's parameters: PyTorch, Flax, MXNet and TensorFlow.
ROLES = {
    "weight": "weight", "kernel": "weight", "scale": "weight", "gamma": "weight", "bias": "bias", "beta": "bias",
    "running_mean": "running_mean", "moving_mean": "running_mean", "mean": "running_mean",
    "running_var": "running_var", "moving_var": "running_var", "moving_variance": "running_var", "var": "running_var",
}  # fmt: skip
FLOATS = {"float16", "bfloat16", "float32", "float64"}
_PARAMETER = re.compile(rf"(?:(.*?)[./_])?({'|'.join(ROLES)})")


class Entry(NamedTuple):
    """A tensor that may be a parameter: `module` is its module's name without what wraps every name of the file.

    `changes` says what was done to it; `kernel` that it came in Flax's layout.
    """

    name: str
    module: str
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


def tensors(stored: Stored) -> tuple[list[Entry], list[Left]]:
    """The tensors of a checkpoint that may be parameters, in its order, and all else; raises WeightsError."""
    entries, left = _unwrapped(stored.entries)
    found = [_read(name, leaf) for name, leaf in _flat(entries)]
    parameters = [entry for entry in found if isinstance(entry, Entry)]
    left += [other for other in found if isinstance(other, Left)]
    while parameters and all(_wrapped(entry.module) for entry in parameters):
        parameters = [entry._replace(module=entry.module.partition(".")[2]) for entry in parameters]
    return parameters, left


def _unwrapped(entries: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[Left]]:
    """The state dict inside, and the entries beside it."""
    found = [name for name in WRAPPERS if isinstance(entries.get(name), Mapping) and _has_tensors(entries[name])]
    if len(found) > 1:
        raise WeightsError(f"the checkpoint holds weights under {' and '.join(found)}: save the ones you want alone")
    if not found:
        return entries, []
    chosen = found[0]
    inner, left = _unwrapped(entries[chosen])
    return inner, left + [Left(name, None, f"stands beside '{chosen}'", True) for name in entries if name != chosen]


def _has_tensors(entries: Mapping[str, Any]) -> bool:
    return any(isinstance(leaf, Tensor) and leaf.array.ndim > 1 for _, leaf in _flat(entries))


def _flat(entries: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in entries.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _read(name: str, leaf: Any) -> Entry | Left:
    if isinstance(leaf, Unread):
        return Left(name, None, f"{leaf.what} cannot be read", False)
    if not isinstance(leaf, Tensor):
        return Left(name, None, "no tensor", True)
    array, dtype = leaf
    # An nnx.state that was saved as it is keeps each array as the `value` of a variable.
    part = _PARAMETER.fullmatch(re.sub(r"\.(raw_)?value$", "", name).replace("_orig_mod.", ""))
    if name.startswith(MOMENTUM):
        return Left(name, array.shape, "the momentum of a training", True)
    if array.ndim == 0 or (part is None and dtype not in FLOATS):
        return Left(name, array.shape, "a counter or a key: nothing here uses it", True)
    if part is None or not part[1]:
        return Left(name, array.shape, f"no name of a parameter: expected it to end in {', '.join(ROLES)}", False)
    if dtype not in FLOATS:
        return Left(name, array.shape, f"{dtype} numbers: expected floating point", False)
    return _entry(name, part[1].replace("/", "."), part[2], array, dtype)


def _entry(name: str, module: str, word: str, array: Array, dtype: str) -> Entry:
    changes = [] if dtype == "float32" else [f"{dtype} to float32"]
    kernel = word == "kernel" and array.ndim > 1
    if kernel:
        array = np.moveaxis(array, (-1, -2), (0, 1))
        changes.append("HWIO to OIHW" if array.ndim == 4 else "transposed")
    with np.errstate(over="ignore"):  # What overflows is found with all that is not finite.
        return Entry(name, module, ROLES[word], array.astype(np.float32, copy=False), tuple(changes), kernel)


def _wrapped(module: str) -> bool:
    return "." in module and module.partition(".")[0] in PREFIXES
