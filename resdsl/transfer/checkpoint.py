"""Foreign checkpoints, whatever wrote them: the format is found by the content.

A framework's reader is a class in the entry-point group `resdsl.checkpoints`: the core asks each whether a file is its
own, and imports no framework itself.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from resdsl.clean import clean
from resdsl.transfer.archive import GROWTH, SLACK, ZIP
from resdsl.transfer.numpy_reader import NpzReader, PickleReader
from resdsl.transfer.other_formats import other_format
from resdsl.transfer.reader import CheckpointReader, CheckpointWriter, Stored, Tensor
from resdsl.transfer.safetensors_reader import SafetensorsFormat
from resdsl.weights.files import WeightsError, check_file

GROUP = "resdsl.checkpoints"
# A damaged file can make what reads it stumble in all these ways.
STUMBLES = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    OverflowError,
    RecursionError,
    MemoryError,
)


def read_checkpoint(path: Path) -> Stored:
    """What the file or folder at `path` holds; raises WeightsError."""
    head = _head(path)
    readers = _readers()
    extra = next((extra for extra, reader in readers.items() if reader.claims(path, head)), None)
    if extra is None:
        raise WeightsError(_unknown(path, head, readers))
    reader = readers[extra]
    if find_spec(reader.framework) is None:
        raise WeightsError(f"{path} is a {reader.title}, which needs {reader.framework}: {reader.install}")
    try:
        stored = reader.read(path)
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror or error}; pass a checkpoint") from error
    except STUMBLES as error:
        reason = clean(str(error).partition("\n")[0][:120].rstrip(". ")) or type(error).__name__
        raise WeightsError(f"{path} is a damaged {reader.title} ({reason}): fetch or write it again") from error
    _check_size(path, stored)
    return stored


def writer_for(path: Path) -> CheckpointWriter:
    """What writes the format that a file's ending says; raises WeightsError."""
    writers = [reader for reader in _readers().values() if isinstance(reader, CheckpointWriter)]
    for writer in writers:
        if path.suffix in writer.endings:
            if find_spec(writer.encoder) is None:
                raise WeightsError(f"writing {path.suffix} needs {writer.encoder}: {writer.install}")
            return writer
    endings = ", ".join(ending for writer in writers for ending in writer.endings)
    raise WeightsError(f"{path} does not say in which format to write it: let its name end in {endings}")


def is_checkpoint(path: Path) -> bool:
    """Whether `path` is what `read_checkpoint` is for, by its first bytes."""
    try:
        head = _head(path)
    except WeightsError:
        return False
    return other_format(path, head) is not None or any(reader.claims(path, head) for reader in _readers().values())


def _readers() -> dict[str, CheckpointReader]:
    """Every reader, PickleReader last: PyTorch once wrote pickles of its own."""
    found: dict[str, CheckpointReader] = {"safetensors": SafetensorsFormat(), "npz": NpzReader()}
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return found | {point.name: point.load()() for point in points} | {"pickle": PickleReader()}


def _unknown(path: Path, head: bytes, readers: dict[str, CheckpointReader]) -> str:
    other = other_format(path, head)
    if other:
        return f"{path} is {other.title}, which cannot be read here: {other.remedy}"
    if head.startswith(ZIP):
        return f"{path} is a damaged archive, whose list of contents cannot be read: fetch or write it again"
    titles = ", ".join(f"a {reader.title}" for reader in readers.values())
    return f"{path} is no checkpoint that can be read: expected {titles}"


def _check_size(path: Path, stored: Stored) -> None:
    """No file may ask for many times the memory that it takes: tensors can be views of one another."""
    tensors = [leaf.array for leaf in stored.entries.values() if isinstance(leaf, Tensor)]
    asked, size = sum(array.nbytes for array in tensors), path.stat().st_size
    if path.is_file() and asked > GROWTH * size + SLACK:
        raise WeightsError(f"{path} has {size:,} bytes, but tensors for {asked:,}: write each tensor out whole")


def _head(path: Path) -> bytes:
    """The first bytes of a file, none of a folder; raises WeightsError where there is nothing to read."""
    if path.is_dir():
        return b""
    check_file(path)
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        raise WeightsError(f"{path} is empty: pass a checkpoint")
    return head
