"""What a data set is to the runner: labelled uint8 images, for training and for testing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from resdsl.backend import Array, Normalization
from resdsl.ir.shape import Shape
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
    """A data set in memory; `scale` turns its pixels into floats of about zero mean and unit variance."""

    name: str
    train: Images
    test: Images
    classes: int
    scale: Normalization

    @property
    def shape(self) -> Shape:
        """The shape of one image."""
        _, height, width, channels = self.train.pixels.shape
        return Shape(channels, height, width)

    def limited(self, count: int | None) -> Dataset:
        """The data set with only its first `count` training images (all of them for None)."""
        if count is not None and count > len(self.train):
            raise DataError(f"--limit {count}: {self.name} has only {len(self.train)} training images; leave it out")
        return replace(self, train=self.train[:count])

    def fingerprint(self) -> str:
        """SHA-256 of every image and label: two runs with the same one saw the same data."""
        digest = hashlib.sha256()
        for array in (self.train.pixels, self.train.labels, self.test.pixels, self.test.labels):
            digest.update(f"{array.dtype} {array.shape} ".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
