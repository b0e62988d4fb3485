"""Canonical weights in safetensors files: nothing in them can run when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError, deserialize, safe_open
from safetensors.numpy import save as encode

from resdsl.atomic import write_atomically
from resdsl.backend import Array

# safetensors' names of what NumPy can hold.
DTYPES = {
    "F16": "float16", "F32": "float32", "F64": "float64", "BOOL": "bool", "U8": "uint8", "U16": "uint16",
    "U32": "uint32", "U64": "uint64", "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64", "C64": "complex64",
}  # fmt: skip
FLOATS = {"float16", "bfloat16", "float32", "float64"}


class WeightsError(Exception):
    """A weights file that cannot be read; the message is one line with the remedy."""


class Content(NamedTuple):
    """The arrays of a file, floating-point ones as float32, and the words next to them."""

    arrays: dict[str, Array]
    metadata: dict[str, str]


def save(weights: Mapping[str, Array], path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Writes canonical `weights` (and a few words about them) to `path`, whole or not at all (OSError)."""
    write_atomically(path, encoded(weights, metadata or {}))


def encoded(weights: Mapping[str, Array], metadata: Mapping[str, str]) -> bytes:
    """The bytes of a safetensors file."""
    # They are stored as they lie: a transposed view has to be laid out first.
    return encode({name: np.ascontiguousarray(array) for name, array in weights.items()}, dict(metadata))


def load(path: Path) -> dict[str, Array]:
    """The arrays of a safetensors file, floating-point ones as float32; raises WeightsError."""
    return read(path).arrays


def read(path: Path) -> Content:
    """All that a safetensors file holds; raises WeightsError."""
    check_file(path)
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
        stored = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
        arrays = {name: _array(tensor["dtype"], tensor["data"], tensor["shape"]) for name, tensor in stored}
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror or error}; pass a .safetensors file") from error
    except (SafetensorError, ValueError, MemoryError) as error:
        raise WeightsError(
            f"{path} cannot be read as safetensors ({str(error).partition(chr(10))[0][:200]}): "
            "write it again, or turn foreign weights into ours with `resdsl weights SPEC IN OUT`"
        ) from error
    return Content(arrays, metadata)


def conversion(path: Path) -> str:
    """What `read` does to the numbers of a safetensors file, in a line; empty where they are float32 already."""
    with safe_open(path, framework="numpy") as file:
        stored = {file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118 - not a mapping
    other = sorted({DTYPES.get(dtype, "bfloat16") for dtype in stored} & FLOATS - {"float32"})
    return f"{path} holds {' and '.join(other)} numbers: taken as float32" if other else ""


def check_file(path: Path) -> None:
    """Raises WeightsError unless `path` is a file that can be read to its end: a pipe or a device is none."""
    try:
        if path.stat() and not path.is_file():
            raise WeightsError(f"{path} is no file: pass a file of weights")
        # Before safetensors sees it: its message for a missing file does not say that the file is missing.
        path.open("rb").close()
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror or error}; pass a file of weights") from error


def widened(halves: Array) -> Array:
    """bfloat16 is the upper half of a float32."""
    return (halves.astype(np.uint32) << 16).view(np.float32)


def _array(dtype: str, data: bytes, shape: list[int]) -> Array:
    """One array, as it is stored or in float32; raises ValueError where NumPy has no such type."""
    if dtype == "BF16":
        return widened(np.frombuffer(data, "<u2")).reshape(shape)
    if dtype not in DTYPES:
        raise ValueError(f"{dtype} numbers")
    array = np.frombuffer(data, DTYPES[dtype]).reshape(shape)
    with np.errstate(over="ignore"):  # What overflows is found with all that is not finite.
        return array.astype(np.float32) if DTYPES[dtype] in FLOATS else array
