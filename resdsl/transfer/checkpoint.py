"""Foreign checkpoints, whatever wrote them: the format is found by the content.

A framework's reader is a class in the entry-point group `resdsl.checkpoints`: the core asks each whether a file is its
own, and imports no framework itself.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from resdsl.transfer.reader import CheckpointReader, Stored
from resdsl.transfer.safetensors_reader import SafetensorsReader
from resdsl.weights.files import WeightsError

GROUP = "resdsl.checkpoints"


def read_checkpoint(path: Path) -> Stored:
    """What the file or folder at `path` holds; raises WeightsError."""
    head = _head(path)
    for reader in _readers():
        if reader.claims(path, head):
            if find_spec(reader.framework) is None:
                raise WeightsError(f"{path} is a {reader.title}, which needs {reader.framework}: {reader.install}")
            return reader.read(path)
    titles = ", ".join(f"a {reader.title}" for reader in _readers())
    raise WeightsError(f"{path} is no checkpoint that can be read: expected {titles}")


def _readers() -> tuple[CheckpointReader, ...]:
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return (SafetensorsReader(), *(point.load()() for point in points))


def _head(path: Path) -> bytes:
    """The first bytes of a file, none of a folder; raises WeightsError where there is nothing to read."""
    if path.is_dir():
        return b""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror or error}; pass a checkpoint") from error
    if not head:
        raise WeightsError(f"{path} is empty: pass a checkpoint")
    return head
