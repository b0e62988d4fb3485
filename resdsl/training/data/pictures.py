"""Images that stay on disk until their turn comes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import final

import numpy as np

from resdsl.backend import Array
from resdsl.clean import clean
from resdsl.epoch import Frame
from resdsl.training.data.decode import MOST_BYTES, DamagedImageError, decoded
from resdsl.training.data.files import read_whole
from resdsl.training.data.framing import Centred, drawn_view, viewed
from resdsl.training.data.listing import Place
from resdsl.training.errors import DataError

LOG = logging.getLogger("resdsl.data")
MOST_LINES = 10


@final
@dataclass(slots=True, eq=False)
class Damage:
    """The images that could not be read, with what was found, each said once; with `strict` the first ends the run."""

    strict: bool = False
    found: dict[Place, str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def add(self, place: Place, reason: str) -> None:
        """Takes note of an image; raises DataError if `strict`."""
        if self.strict:
            raise DataError(f"{place} {reason}: mend or remove it, or leave --strict out")
        with self._lock:
            if place in self.found:
                return
            self.found[place] = reason
            count = len(self.found)
        if count <= MOST_LINES:
            LOG.warning("%s %s: it is left out; mend or remove it", clean(str(place)), clean(reason))
        elif count == MOST_LINES + 1:
            LOG.warning("more images are damaged: resdsl data DIR names all of them")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Image files below `home` with their `labels`, int64 (N,); `workers` threads read them, as pixels of so many `channels`.

    Which of them reads which image changes nothing.
    """

    home: str
    places: Sequence[Place]
    labels: Array
    channels: int
    centred: Centred
    workers: int
    damage: Damage

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, rows: slice | Array) -> Pictures:
        places = self.places[rows] if isinstance(rows, slice) else [self.places[row] for row in rows]
        return replace(self, places=places, labels=self.labels[rows])

    def fingerprint(self) -> Array:
        """SHA-256 of the images' names below the folder of the data set, uint8 (32,)."""
        digest = hashlib.sha256()
        for place in self.places:
            digest.update(
                f"{place.path.removeprefix(self.home)} {place.name} {place.length}\n".encode(errors="surrogateescape")
            )
        return np.frombuffer(digest.digest(), np.uint8)

    def framed(
        self, rows: Array, positions: Sequence[int], frame: Frame | None, mirrored: Array | None = None
    ) -> tuple[Array, Array]:
        """Pixels, uint8 (N, H, W, C), and labels of training images: those at `rows`, for `positions` in the epoch.

        Without a `frame` they are seen as in evaluation; where `mirrored`, bool (N,), is true, left to right. The next
        image that is sound takes the place of a damaged one.
        """
        pixels = np.empty((len(rows), self.centred.height, self.centred.width, self.channels), np.uint8)
        labels = np.empty(len(rows), np.int64)
        for number, (row, position) in enumerate(zip(rows, positions, strict=True)):
            image, labels[number] = self._sound(int(row))
            flip = mirrored is not None and bool(mirrored[number])
            if frame:
                pixels[number] = viewed(image, drawn_view(frame, position, *image.shape[:2]), flip)
            else:
                pixels[number] = self.centred.seen(image)[-1][:, :: -1 if flip else 1]
        return pixels, labels

    def centres(self, rows: range) -> tuple[Array, Array]:
        """Pixels and labels of those test images at `rows` that are sound: uint8 (N, H, W, C).

        Of ten crops, (N, 10, H, W, C).
        """
        seen = {row: self.centred.seen(image) for row in rows if (image := self._read(row)) is not None}
        none = np.empty((0, self.centred.crops, self.centred.height, self.centred.width, self.channels), np.uint8)
        pixels = np.stack(list(seen.values())) if seen else none
        return pixels if self.centred.crops > 1 else pixels[:, 0], self.labels[list(seen)]

    def _sound(self, row: int) -> tuple[Array, int]:
        for near in range(row, row + len(self)):
            image = self._read(near % len(self))
            if image is not None:
                return image, int(self.labels[near % len(self)])
        raise DataError(f"none of the {len(self)} images can be read: resdsl data DIR says why")

    def _read(self, row: int) -> Array | None:
        place = self.places[row]
        try:
            return decoded(content(place), self.channels)
        except DamagedImageError as error:
            self.damage.add(place, str(error))
            return None


def content(place: Place) -> bytes:
    """The bytes of an image (DamagedImageError)."""
    try:
        found = read_whole(place.path, MOST_BYTES, place.offset, place.length)
    except OSError as error:
        raise DamagedImageError(error.strerror or str(error)) from error
    if place.length is not None and len(found) < place.length:
        raise DamagedImageError("is cut short")
    return found
