"""safetensors, of whatever type of number."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import numpy as np
from safetensors import SafetensorError, deserialize

from resdsl.backend import Array
from resdsl.transfer.reader import CheckpointReader, CheckpointWriter, Leaf, Stored, Tensor, Unread, shaped
from resdsl.weights.files import DTYPES, encoded, widened


@final
class SafetensorsFormat(CheckpointReader, CheckpointWriter):
    """Reads and writes safetensors. They are stored by type and name, whatever the order in which they were given."""

    title = "safetensors file"
    framework = "safetensors"
    encoder = "safetensors"
    endings = (".safetensors",)
    install = "pip install safetensors"

    def claims(self, path: Path, head: bytes) -> bool:
        """Whether it begins with the length of a header, and the header."""
        return head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 2**27

    def read(self, path: Path) -> Stored:
        """All tensors; the words next to them are not needed."""
        try:
            stored = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
        except SafetensorError as error:
            raise ValueError(str(error)) from error
        return Stored({name: _leaf(tensor) for name, tensor in sorted(stored, key=_name)}, ordered=False)

    def encode(self, weights: Mapping[str, Array], words: Mapping[str, str]) -> bytes:
        """The bytes of a safetensors file."""
        return encoded(weights, words)


def _name(stored: tuple[str, Any]) -> str:
    return stored[0]


def _leaf(stored: dict[str, Any]) -> Leaf:
    """One stored tensor, or what it is where nothing here can read it."""
    dtype, data = stored["dtype"], stored["data"]
    if dtype == "BF16":
        flat, name = widened(np.frombuffer(data, "<u2")), "bfloat16"
    elif dtype in DTYPES:
        flat, name = np.frombuffer(data, DTYPES[dtype]), DTYPES[dtype]
    else:
        return Unread(f"{dtype} numbers")
    array = shaped(flat, stored["shape"])
    return array if isinstance(array, Unread) else Tensor(array, name)
