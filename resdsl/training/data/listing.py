"""Which images a folder has: `train/<class>/*` and `val/<class>/*`, or tar shards. None is opened here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple

from resdsl.ir.data.data_set import DataSet, Pictures
from resdsl.training.data.shards import Member, members
from resdsl.training.errors import DataError

TRAIN, VAL = "train", "val"
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
LAYOUT = "DIR/train/CLASS/*.jpg and DIR/val/CLASS/*.jpg"


class Place(NamedTuple):
    """Where the bytes of an image lie: a file, or `length` bytes of one from `offset` on."""

    path: str
    offset: int = 0
    length: int | None = None
    name: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.name}" if self.name else self.path


@dataclass(slots=True)
class Split:
    """Images with the name or the number of their class, in order; `notes` says what was left out, a line each."""

    places: list[Place] = field(default_factory=list)
    classes: list[str | int] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in `home`: the names of the classes, and for both splits the images with their labels."""

    home: Path
    names: tuple[str, ...]
    train: tuple[list[Place], list[int]]
    val: tuple[list[Place], list[int]]
    notes: tuple[str, ...]


def listing(data_set: DataSet, layout: Pictures, home: Path) -> Listing:
    """The images of `home` (DataError). Training images stand in turns, one of each class: the first few are of all."""
    train, val = (_split(home, name) for name in (TRAIN, VAL))
    names = class_names(layout) or _found(train)
    labels = {name: label for label, name in enumerate(names)}
    parts = [(split.places, _labels(data_set, home, split, labels)) for split in (train, val)]
    for name, split in ((TRAIN, train), (VAL, val)):
        if not split.places:
            raise DataError(f"{home / name} holds no images: put them in as {LAYOUT}")
    places, order = parts[0]
    turns = _in_turns(order)
    return Listing(
        home, names, ([places[row] for row in turns], [order[row] for row in turns]), parts[1],
        (*train.notes, *val.notes),
    )  # fmt: skip


def class_names(layout: Pictures) -> tuple[str, ...]:
    """The classes that a layout lists; none where they are the folders'."""
    return tuple((files(__package__) / layout.listed).read_text("utf-8").split()) if layout.listed else ()


def _found(split: Split) -> tuple[str, ...]:
    """The names of the classes, sorted; where shards have numbers, all up to the highest."""
    numbers = [each for each in split.classes if isinstance(each, int)]
    if numbers:
        return tuple(map(str, range(max(numbers) + 1)))
    return tuple(sorted({*split.folders, *map(str, split.classes)}))


def _labels(data_set: DataSet, home: Path, split: Split, labels: Mapping[str, int]) -> list[int]:
    for name in dict.fromkeys(split.classes):
        if isinstance(name, str) and name not in labels:
            known = "none of ImageNet's 1000 classes" if data_set.classes else "no class of the training images"
            remedy = "pass --data folder" if data_set.classes else f"rename it, or add {home / TRAIN / name}"
            raise DataError(f"{home}: {name} is {known}: {remedy}")
        if isinstance(name, int) and not 0 <= name < len(labels):
            raise DataError(f"{home}: a shard has the class {name}, expected 0 to {len(labels) - 1}: make it anew")
    return [labels[each] if isinstance(each, str) else each for each in split.classes]


def _in_turns(labels: list[int]) -> list[int]:
    rows: dict[int, list[int]] = {}
    for row, label in enumerate(labels):
        rows.setdefault(label, []).append(row)
    turns = zip_longest(*(rows[label] for label in sorted(rows)))
    return [row for row in chain.from_iterable(turns) if row is not None]


def _split(home: Path, name: str) -> Split:
    shards = _shards(home, name)
    if not shards and not (home / name).is_dir():
        raise DataError(
            f"{_lacking(home, name)}: expected {LAYOUT}, or tar shards in their place; --data-dir says where"
        )
    split = Split()
    for shard in shards:
        _add_shard(split, shard)
    for folder in [] if shards else sorted(_entries(home / name), key=lambda entry: entry.name):
        if folder.is_dir():
            _add_folder(split, folder)
    if not shards and not split.folders:
        raise DataError(f"{home / name} holds no folders, one for each class: expected {LAYOUT}")
    return split


def _shards(home: Path, name: str) -> list[Path]:
    inside = sorted((home / name).glob("*.tar"))
    return inside or sorted(path for path in home.glob("*.tar") if name in path.name)


def _lacking(home: Path, name: str) -> str:
    if not home.is_dir():
        return f"there is no folder {home}"
    other = {VAL: ("valid", "validation", "test"), TRAIN: ("training",)}[name]
    near = next((each for each in other if (home / each).is_dir()), None)
    return f"there is no {home / name}; rename {home / near}" if near else f"there is no {home / name}"


def _entries(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if not entry.name.startswith("."))


def _add_folder(split: Split, folder: os.DirEntry[str]) -> None:
    split.folders.append(folder.name)
    before = len(split.places)
    for entry in sorted(_below(folder.path), key=lambda entry: entry.path):
        if os.path.splitext(entry.name)[1].lower() not in SUFFIXES:
            split.notes.append(f"{entry.path} is no .jpg, .png or .webp: it is left out; convert or remove it")
        elif not entry.is_file():
            split.notes.append(f"{entry.path} is no file: it is left out; remove it")
        else:
            split.places.append(Place(entry.path))
            split.classes.append(folder.name)
    if len(split.places) == before:
        split.notes.append(f"{folder.path} holds no images: add some, or remove the folder")


def _below(folder: str | os.DirEntry[str]) -> Iterator[os.DirEntry[str]]:
    """All that is no folder, in `folder` and in those inside; links to folders inside are not followed."""
    for entry in _entries(os.fspath(folder)):
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry)
        else:
            yield entry


def _add_shard(split: Split, shard: Path) -> None:
    found = members(shard, SUFFIXES)
    split.notes += found.notes
    split.places += [_place(shard, member) for member in found.images]
    split.classes += [member.label for member in found.images]


def _place(shard: Path, member: Member) -> Place:
    return Place(str(shard), member.offset, member.length, member.name)
