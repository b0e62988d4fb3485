"""What a data set is to the runner: labelled images, for training and for testing, in memory or on disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import assert_never

import numpy as np

from resdsl.backend import Array, Normalization
from resdsl.ir.shape import Shape
from resdsl.training.data.pictures import Pictures
from resdsl.training.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """`pixels`: uint8 (N, H, W, C); `labels`: int64 (N,)."""

    pixels: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: slice | Array) -> Images:
        return Images(self.pixels[rows], self.labels[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Training and test images. `scale` turns their pixels into floats of about zero mean and unit variance.

    `names` are those of the classes, where they are known; `notes` what a reader should know, a line each.
    """

    name: str
    train: Images | Pictures
    test: Images | Pictures
    classes: int
    scale: Normalization
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> Shape:
        """The shape of one image, as the network gets it."""
        match self.train:
            case Images(pixels=pixels):
                _, height, width, channels = pixels.shape
                return Shape(channels, height, width)
            case Pictures(channels=channels, centred=centred):
                return Shape(channels, centred.height, centred.width)
            case _:
                assert_never(self.train)

    @property
    def damaged(self) -> int:
        """How many images could not be read so far."""
        return len(self.train.damage.found) if isinstance(self.train, Pictures) else 0

    def limited(self, train: int | None, test: int | None = None) -> Dataset:
        """The data set with only its first `train` training images, and `test` test images from all of it (None: all).

        Test images stand class by class in folders: every so many-th is taken.
        """
        for option, count, images, kind in (
            ("--limit", train, self.train, "training"),
            ("--limit-test", test, self.test, "test"),
        ):
            if count is not None and count > len(images):
                raise DataError(f"{option} {count}: {self.name} has only {len(images)} {kind} images; leave it out")
        spread = slice(None) if test is None else np.arange(test) * len(self.test) // test
        return replace(self, train=self.train[:train], test=self.test[spread])

    def fingerprint(self) -> str:
        """SHA-256 of every image and label: two runs with the same one saw the same data.

        Of images on disk it is that of their names and labels.
        """
        digest = hashlib.sha256()
        for part in (self.train, self.test):
            for array in (part.pixels, part.labels) if isinstance(part, Images) else (part.fingerprint(), part.labels):
                digest.update(f"{array.dtype} {array.shape} ".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
