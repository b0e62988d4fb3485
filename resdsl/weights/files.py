"""Canonical weights in safetensors files: nothing in them can run when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as encode

from resdsl.atomic import write_atomically
from resdsl.backend import Array


class WeightsError(Exception):
    """A weights file that cannot be read; the message is one line with the remedy."""


class Content(NamedTuple):
    """The arrays of a file, floating-point ones as float32, and the words beside them."""

    arrays: dict[str, Array]
    metadata: dict[str, str]


def save(weights: Mapping[str, Array], path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Writes canonical `weights` (and a few words about them) to `path`, whole or not at all (OSError)."""
    # safetensors stores the bytes as they lie: a transposed view has to be laid out first.
    arrays = {name: np.ascontiguousarray(array) for name, array in weights.items()}
    write_atomically(path, encode(arrays, dict(metadata or {})))


def load(path: Path) -> dict[str, Array]:
    """The arrays of a safetensors file, floating-point ones as float32; raises WeightsError."""
    return read(path).arrays


def read(path: Path) -> Content:
    """All that a safetensors file holds; raises WeightsError."""
    try:
        # Before safetensors sees it: its message for a missing file does not say that the file is missing.
        path.open("rb").close()
        with safe_open(path, framework="numpy") as file:
            arrays = {name: _float32(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118 - not a mapping
            return Content(arrays, dict(file.metadata() or {}))
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror or error}; pass a .safetensors file") from error
    except (SafetensorError, TypeError, ValueError, AttributeError) as error:
        # The last three: NumPy has no such type (bfloat16, float8).
        raise WeightsError(
            f"{path} cannot be read as safetensors ({error}): "
            "write it again, or turn foreign weights into ours with `resdsl weights SPEC IN OUT`"
        ) from error


def _float32(array: Array) -> Array:
    return array.astype(np.float32) if np.issubdtype(array.dtype, np.floating) else array
