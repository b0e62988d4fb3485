"""What a folder of data holds, image by image: sizes, kinds, damage, and the mean and deviation of the pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

try:
    from PIL import Image
except ImportError:  # as in decode
    Image = None  # type: ignore[assignment]

from resdsl.backend import Array
from resdsl.ir.data import DATA_SETS
from resdsl.ir.data.data_set import Records
from resdsl.ir.data.folder import FOLDER, OWN
from resdsl.ir.data.imagenet import IMAGENET, WNIDS
from resdsl.training.data.dataset import Dataset, Images
from resdsl.training.data.decode import DamagedImageError, check_installed, decoded, opened
from resdsl.training.data.listing import Listing, Place, class_names, listing
from resdsl.training.data.pictures import content
from resdsl.training.data.reading import Reading
from resdsl.training.data.records import find_records, load_records

TINY = 8
ORIENTATION = 0x0112
CHUNK = 256


@dataclass(frozen=True, slots=True)
class Seen:
    """What one image is; `moments`, (2, 3): the means of its channels and of their squares, of pixels in [0, 1]."""

    bytes: int
    kind: str = ""
    size: tuple[int, int] = (0, 0)
    remark: str = ""
    moments: Array | None = None
    damage: str = ""


@dataclass(slots=True)
class Report:
    """What is in a folder. `counts`: the training and test images of each class; sizes are width x height."""

    folder: str
    data: str
    counts: dict[str, tuple[int, int]]
    bytes: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    @property
    def images(self) -> tuple[int, int]:
        """Training and test images."""
        train, test = zip(*self.counts.values(), strict=True)
        return sum(train), sum(test)

    @property
    def extremes(self) -> tuple[tuple[int, int], ...]:
        """The smallest size, the middle one, and the largest, by area; none where no image could be read."""
        areas = sorted(self.sizes, key=lambda size: size[0] * size[1])
        return (areas[0], areas[len(areas) // 2], areas[-1]) if areas else ()


def inspect(reading: Reading, progress: Iterator[None]) -> Report:
    """The report on the folder of `reading` (DataError); every image is decoded, and `progress` advanced for each."""
    for data_set in DATA_SETS:
        if isinstance(data_set.layout, Records) and find_records(data_set.layout, reading.home):
            return _of_records(load_records(data_set, data_set.layout, reading), reading.home)
    check_installed()
    return _of_pictures(listing(FOLDER, OWN, reading.home), reading, progress)


def _of_records(dataset: Dataset, home: Path) -> Report:
    train, test = dataset.train, dataset.test
    assert isinstance(train, Images)
    assert isinstance(test, Images)
    counts = zip(*(np.bincount(part.labels, minlength=dataset.classes).tolist() for part in (train, test)), strict=True)
    report = Report(str(home), dataset.name, {str(number): each for number, each in enumerate(counts)})
    report.bytes = train.pixels.nbytes + test.pixels.nbytes
    report.sizes = [(dataset.shape.width, dataset.shape.height)]
    channels = range(dataset.shape.channels)
    report.mean, report.std = _mean_and_std(
        _moments(np.stack([np.bincount(train.pixels[..., channel].ravel(), minlength=256) for channel in channels]))
    )
    return report


def _of_pictures(found: Listing, reading: Reading, progress: Iterator[None]) -> Report:
    train, val = (Counter(labels) for _, labels in (found.train, found.val))
    counts = {name: (train[label], val[label]) for label, name in enumerate(found.names)}
    name = IMAGENET.name if set(found.names) <= set(class_names(WNIDS)) else FOLDER.name
    report = Report(str(found.home), name, counts, notes=list(found.notes))
    places = [*found.train[0], *found.val[0]]
    moments: list[Array] = []
    for number, (place, seen) in enumerate(zip(places, _all_seen(places, reading.threads), strict=True)):
        next(progress, None)
        report.bytes += seen.bytes
        if seen.damage:
            report.damaged[str(place)] = seen.damage
            continue
        report.kinds[seen.kind] += 1
        report.sizes.append(seen.size)
        if seen.remark:
            report.notes.append(f"{place} {seen.remark}")
        if number < len(found.train[0]) and seen.moments is not None:
            moments.append(seen.moments)
    if moments:
        report.mean, report.std = _mean_and_std(np.mean(moments, axis=0))
    return report


def _all_seen(places: Iterable[Place], threads: int) -> Iterator[Seen]:
    """What each image is, in order; only so many at a time wait for their turn."""
    remaining = iter(places)
    with ThreadPoolExecutor(max(1, threads), "resdsl-inspect") as pool:
        while chunk := list(islice(remaining, CHUNK)):
            yield from pool.map(_seen, chunk)


def _seen(place: Place) -> Seen:
    found = b""
    try:
        found = content(place)
        kind, size, remark = opened(found, lambda image: (f"{image.format} {image.mode}", image.size, _remark(image)))
        counts = np.array(Image.fromarray(decoded(found, 3)).histogram()).reshape(3, 256)
    except DamagedImageError as error:
        return Seen(len(found), damage=str(error))
    return Seen(len(found), kind, size, remark, _moments(counts))


def _remark(image: Any) -> str:
    """What is unusual of an image, and what to do."""
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        return f"has {image.n_frames} pictures: the first is taken; save the one that is meant"
    if image.mode == "CMYK":
        return "is CMYK: it is read as RGB; convert it where its colours matter"
    if min(image.size) < TINY:
        return f"is {image.width}x{image.height}: there is hardly anything to see; replace or remove it"
    if image.getexif().get(ORIENTATION, 1) != 1:
        return "is turned by its EXIF, which is not looked at: save it upright"
    return ""


def _moments(counts: Array) -> Array:
    """The means of the levels and of their squares, (2, C), in [0, 1], of how often each of 256 is there: (C, 256)."""
    levels = np.arange(256) / 255
    moments: Array = np.stack([counts @ levels, counts @ np.square(levels)]) / counts.sum(axis=1)
    return moments


def _mean_and_std(moments: Array) -> tuple[tuple[float, ...], tuple[float, ...]]:
    mean, squares = moments
    deviation = np.sqrt(np.maximum(squares - np.square(mean), 0))
    return tuple(mean.round(4).tolist()), tuple(deviation.round(4).tolist())
