"""Tar shards of images, as training clusters keep them: `<key>.jpg` next to `<key>.cls`, or one folder for each class.

Only the table of contents is read here, with the class numbers; an image is read where it stands when its turn comes.
"""

from __future__ import annotations

import tarfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from resdsl.training.data.files import regular_size
from resdsl.training.errors import DataError

LONGEST_NUMBER = 20


class Member(NamedTuple):
    """An image of a shard: where its bytes stand, and the number or the name of its class."""

    name: str
    offset: int
    length: int
    label: str | int


@dataclass(slots=True)
class Contents:
    """The images of a shard in their order; `notes` says what cannot be read, a line each."""

    images: list[Member] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def members(shard: Path, suffixes: Collection[str]) -> Contents:
    """The images of `shard` with their classes: from `<key>.cls`, or else the folder's name, or else the shard's own."""
    contents = Contents()
    numbers: dict[str, int] = {}
    images: list[tuple[str, tarfile.TarInfo]] = []
    try:
        regular_size(shard)
        with tarfile.open(shard, "r:") as archive:
            for info in _files(archive):
                key, suffix = _key(info.name)
                if suffix in suffixes:
                    images.append((key, info))
                elif suffix == ".cls":
                    numbers[key] = _number(shard, archive, info)
    except (tarfile.TarError, EOFError, OSError) as error:
        if not images:
            remedy = "unpack it if it is compressed, or make it anew"
            raise DataError(f"{shard} cannot be read as a tar file ({error}): {remedy}") from error
        contents.notes.append(f"{shard} is cut short after {len(images)} images: make it anew")
    for key, info in images:
        folder = PurePosixPath(info.name).parent.name
        label = numbers.get(key, folder or shard.stem)
        contents.images.append(Member(info.name, info.offset_data, info.size, label))
    return contents


def _files(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for info in archive:
        if info.isreg() and not info.issparse():
            yield info


def _key(name: str) -> tuple[str, str]:
    """`n01/a.seg.jpg` as its key, up to the first dot of the file's name, and its last suffix."""
    path = PurePosixPath(name)
    return str(path.parent / path.name.partition(".")[0]), path.suffix.lower()


def _number(shard: Path, archive: tarfile.TarFile, info: tarfile.TarInfo) -> int:
    file = archive.extractfile(info) if info.size <= LONGEST_NUMBER else None
    text = str(file.read(), "ascii", "replace").strip() if file else ""
    if not (text.isascii() and text.isdigit()):
        raise DataError(f"{shard}: {info.name} holds “{text[:20]}”, expected the number of a class")
    return int(text)
