"""Data sets that come with resdsl: small gray images, scaled up to what a network takes."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from resdsl.backend import Array, Normalization
from resdsl.ir.data.data_set import DataSet, Packaged
from resdsl.ir.shape import Shape
from resdsl.training.data.dataset import Dataset, Images
from resdsl.training.errors import DataError

LARGEST = 1 << 32


def load_packaged(data_set: DataSet, layout: Packaged, shape: Shape, folder: Path | None) -> Dataset:
    """The images scaled up bilinearly to `shape`, the same in every channel (DataError)."""
    name = data_set.name
    if folder is not None:
        raise DataError(f"--data-dir {folder}: the {name} come with resdsl; leave --data-dir out")
    with as_file(files(__package__) / layout.file) as path, np.load(path) as arrays:
        small, labels = arrays["images"], arrays["labels"].astype(np.int64)
    if len(small) * shape.size > LARGEST:
        raise DataError(f"the {name} at {shape} would take more than 4 GiB: pass a smaller --input, such as 3x32x32")
    gray = _scaled_up(small, shape.height, shape.width, layout.brightest)
    every = Images(np.repeat(gray[..., np.newaxis], shape.channels, axis=3), labels)
    scale = Normalization(data_set.mean * shape.channels, data_set.std * shape.channels)
    return Dataset(name, every[: -layout.test], every[-layout.test :], data_set.classes or 0, scale)


def _scaled_up(images: Array, height: int, width: int, brightest: int) -> Array:
    """Images (N, h, w) with values from 0 to `brightest` as uint8 (N, height, width) with values from 0 to 255."""
    rows, columns = (_bilinear(a, b) for a, b in zip(images.shape[1:], (height, width), strict=True))
    # Scaled last: at 32x32 all before is exact, so that every platform rounds the same numbers.
    larger: Array = rows @ images.astype(np.float32) @ columns.T
    return np.rint(larger * np.float32(255 / brightest)).astype(np.uint8)


def _bilinear(size: int, larger: int) -> Array:
    """The matrix (larger, size) that interpolates between the centers of pixels, and repeats the edges."""
    places = np.clip((np.arange(larger, dtype=np.float32) + np.float32(0.5)) * (size / larger) - 0.5, 0, size - 1)
    distances = np.abs(places[:, np.newaxis] - np.arange(size))
    weights: Array = np.maximum(1 - distances, 0)
    return weights.astype(np.float32)
