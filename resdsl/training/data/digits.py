"""Handwritten digits that come with resdsl: 1797 gray images of 8x8 pixels (Alpaydin and Kaynak 1998, CC BY 4.0).

The last 360 images are the test set. Neighbours in the file are, apparently, by the same writer (scikit-learn's
tests of cross-validation rely on it): the test is harder, and fairer, than one on shuffled images.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from resdsl.backend import Array, Normalization
from resdsl.ir.shape import Shape
from resdsl.training.data.dataset import Dataset, Images
from resdsl.training.errors import DataError

CLASSES = 10
TEST_IMAGES = 360
TRAIN_IMAGES = 1797 - TEST_IMAGES
BRIGHTEST = 16
LARGEST = 1 << 32
# Of the training images, scaled up to 32x32.
MEAN, STD = 0.3054, 0.3228


def load_digits(shape: Shape, folder: Path | None) -> Dataset:
    """The digits scaled up bilinearly to `shape`, the same in every channel (DataError)."""
    if folder is not None:
        raise DataError(f"--data-dir {folder}: the digits come with resdsl; leave --data-dir out")
    with as_file(files(__package__) / "digits.npz") as path, np.load(path) as arrays:
        small, labels = arrays["images"], arrays["labels"].astype(np.int64)
    if len(small) * shape.size > LARGEST:
        raise DataError(f"the digits at {shape} would take more than 4 GiB: pass a smaller --input, such as 3x32x32")
    pixels = np.repeat(_scaled_up(small, shape.height, shape.width)[..., np.newaxis], shape.channels, axis=3)
    every = Images(pixels, labels)
    scale = Normalization((MEAN,) * shape.channels, (STD,) * shape.channels)
    return Dataset("digits", every[:-TEST_IMAGES], every[-TEST_IMAGES:], CLASSES, scale)


def _scaled_up(images: Array, height: int, width: int) -> Array:
    """Images (N, h, w) with values 0 to 16 as uint8 (N, height, width) with values 0 to 255."""
    rows, columns = (_bilinear(a, b) for a, b in zip(images.shape[1:], (height, width), strict=True))
    # Scaled last: at 32x32 all before is exact, so that every platform rounds the same numbers.
    larger: Array = rows @ images.astype(np.float32) @ columns.T
    return np.rint(larger * np.float32(255 / BRIGHTEST)).astype(np.uint8)


def _bilinear(size: int, larger: int) -> Array:
    """The matrix (larger, size) that interpolates between the centers of pixels, and repeats the edges."""
    places = np.clip((np.arange(larger, dtype=np.float32) + np.float32(0.5)) * (size / larger) - 0.5, 0, size - 1)
    distances = np.abs(places[:, np.newaxis] - np.arange(size))
    weights: Array = np.maximum(1 - distances, 0)
    return weights.astype(np.float32)
