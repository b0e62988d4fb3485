"""Files of weights that nothing here reads, and what to do with each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from resdsl.transfer.archive import ZIP, names_in

KERAS = 'in Keras, numpy.savez("weights.npz", **{w.path: w.numpy() for w in model.weights})'


class OtherFormat(NamedTuple):
    """What a file is, by its first bytes or the names in its archive, and what to do."""

    title: str
    remedy: str
    is_it: Callable[[bytes, list[str]], bool]


OTHER_FORMATS = (
    OtherFormat("a Keras file", KERAS, lambda _, names: "model.weights.h5" in names),
    OtherFormat("an HDF5 file, as Keras writes them", KERAS, lambda head, _: head.startswith(b"\x89HDF")),
    OtherFormat("a NumPy array", "put all into one .npz, with names", lambda head, _: head.startswith(b"\x93NUMPY")),
    OtherFormat("a GGUF file", "write its tensors as safetensors", lambda head, _: head.startswith(b"GGUF")),
    OtherFormat("a gzip archive", "unpack it first", lambda head, _: head.startswith(b"\x1f\x8b")),
    OtherFormat("a tar archive", "unpack it first", lambda head, _: head[257:262] == b"ustar"),
    OtherFormat("a zip archive", "unpack it, and pass the weights in it", lambda _, names: bool(names)),
)


def other_format(path: Path, head: bytes) -> OtherFormat | None:
    """What the file at `path` is, where it is anything known."""
    names = names_in(path) if head.startswith(ZIP) else []
    return next((found for found in OTHER_FORMATS if found.is_it(head, names)), None)
