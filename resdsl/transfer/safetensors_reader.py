"""safetensors, of whatever type of number."""

from __future__ import annotations

from pathlib import Path
from typing import Any, final

import numpy as np
from safetensors import SafetensorError, deserialize

from resdsl.backend import Array
from resdsl.transfer.reader import CheckpointReader, Stored, Tensor, Unread
from resdsl.weights.files import WeightsError

# safetensors' names of what NumPy can hold.
DTYPES = {
    "F16": "float16", "F32": "float32", "F64": "float64", "BOOL": "bool", "U8": "uint8", "U16": "uint16",
    "U32": "uint32", "U64": "uint64", "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64",
}  # fmt: skip


@final
class SafetensorsReader(CheckpointReader):
    """Reads safetensors. They are stored by type and name, whatever the order in which they were given."""

    title = "safetensors file"
    framework = "safetensors"
    install = "pip install safetensors"

    def claims(self, path: Path, head: bytes) -> bool:
        """Whether it begins with the length of a header, and the header."""
        return head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 2**27

    def read(self, path: Path) -> Stored:
        """All tensors; the words beside them are not needed."""
        try:
            stored = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
        except (OSError, SafetensorError, ValueError) as error:
            raise WeightsError(f"{path} is damaged ({error}): fetch or write it again") from error
        return Stored({name: _tensor(tensor) for name, tensor in sorted(stored, key=_name)}, ordered=False)


def _name(stored: tuple[str, Any]) -> str:
    return stored[0]


def _tensor(stored: dict[str, Any]) -> Tensor | Unread:
    """One stored tensor, or what it is where nothing here can read it."""
    dtype, shape = stored["dtype"], stored["shape"]
    if dtype == "BF16":
        return Tensor(_widened(np.frombuffer(stored["data"], "<u2")).reshape(shape), "bfloat16")
    if dtype not in DTYPES:
        return Unread(f"{dtype} numbers")
    return Tensor(np.frombuffer(stored["data"], DTYPES[dtype]).reshape(shape), DTYPES[dtype])


def _widened(halves: Array) -> Array:
    """bfloat16 is the upper half of a float32."""
    return (halves.astype(np.uint32) << 16).view(np.float32)
