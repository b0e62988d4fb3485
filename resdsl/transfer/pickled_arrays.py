"""What the stand-ins of a pickle stand for: NumPy's arrays, dictionaries, and objects, which are their attributes."""

from __future__ import annotations

from typing import Any

import numpy as np

from resdsl.transfer.inert_pickle import Made
from resdsl.transfer.reader import Leaf, Tensor, Unread, shaped

RECONSTRUCT = {"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"}
FROM_BUFFER = {"numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer"}


def opened(value: Any) -> Any:
    """A Tensor, an Unread, a dictionary or a list for a stand-in; anything else as it is; raises ValueError."""
    match value:
        case Made(maker="collections.OrderedDict", arguments=([*pairs],)):  # as Python 2 wrote it
            return {str(key): inner for key, inner in pairs} | value.items
        case Made():
            return numpy_array(value) or value.items or value.elements or value.state
        case _:
            return value


def numpy_array(made: Made) -> Leaf | None:
    """The array that a stand-in stands for, or None where it is none; raises ValueError."""
    match made.maker, made.arguments, made.state:
        case maker, _, (_, tuple(shape), dtype, fortran, data) if maker in RECONSTRUCT:
            return _array(data, dtype, shape, "F" if fortran else "C")
        case maker, (data, dtype, tuple(shape), order), _ if maker in FROM_BUFFER:
            return _array(data, dtype, shape, order)
        case _:
            return None


def _array(data: Any, dtype: Any, shape: tuple[Any, ...], order: Any) -> Leaf:
    kind = _dtype(dtype)
    if kind is None:
        return Unread("objects or numbers of a foreign type")
    flat = np.frombuffer(_bytes(data), kind)
    array = shaped(flat, shape[::-1] if order == "F" else shape)
    return array if isinstance(array, Unread) else Tensor(array.T if order == "F" else array, kind.name)


def _dtype(made: Any) -> np.dtype[Any] | None:
    """A plain number's type: `dtype('f4', False, True)` with the state (3, '<', …)."""
    match made:
        case Made(maker="numpy.dtype", arguments=(str(code), *_), state=(_, str(order), *_)) if code[:1] in "biufc":
            return np.dtype(code).newbyteorder(">" if order == ">" else "<")
        case _:
            return None


def _bytes(data: Any) -> bytes:
    match data:
        case bytes() | bytearray():
            return bytes(data)
        case str():  # Python 2 had but one type for both.
            return data.encode("latin-1")
        case Made(maker="_codecs.encode", arguments=(str(text), *_)):
            return text.encode("latin-1")
        case _:
            raise ValueError("an array without its numbers")
