"""CIFAR-10 in its official binary layout (Krizhevsky 2009): six files of 10,000 records: a label, 3x32x32 bytes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from resdsl.backend import Array, Normalization
from resdsl.ir.shape import Shape
from resdsl.training.data.dataset import Dataset, Images
from resdsl.training.errors import DataError

FOLDER = "cifar-10-batches-bin"
TRAIN_FILES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST_FILE = "test_batch.bin"
SHAPE = Shape(3, 32, 32)
CLASSES = 10
RECORDS = 10_000
RECORD_BYTES = 1 + SHAPE.size
# Of the 50,000 training images, per channel; the values in common use.
SCALE = Normalization(mean=(0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616))
REMEDY = (
    "unpack cifar-10-binary.tar.gz (“CIFAR-10 binary version”, https://www.cs.toronto.edu/~kriz/cifar.html) "
    "and pass its folder with --data-dir, or use --data digits, which needs no files"
)


def load_cifar10(shape: Shape, folder: Path | None) -> Dataset:
    """CIFAR-10 from `folder`, or else from $RESDSL_DATA or ./data: `cifar-10-batches-bin` or its parent (DataError)."""
    del shape  # The images come in one size: whether it fits the network is the caller's question.
    home = _find(folder)
    parts = [_read(home / name) for name in TRAIN_FILES]
    train = Images(np.concatenate([part.pixels for part in parts]), np.concatenate([part.labels for part in parts]))
    return Dataset("cifar10", train, _read(home / TEST_FILE), CLASSES, SCALE)


def _find(folder: Path | None) -> Path:
    asked = folder or Path(os.environ.get("RESDSL_DATA") or "data")
    for candidate in (asked, asked / FOLDER):
        if any((candidate / name).exists() for name in (*TRAIN_FILES, TEST_FILE)):
            return candidate
    for candidate in (asked, asked / "cifar-10-batches-py"):
        if (candidate / "data_batch_1").exists():
            raise DataError(f"{candidate} holds CIFAR-10's Python version, expected the binary version: {REMEDY}")
    found = f"there is no {FOLDER} in {asked}" if asked.is_dir() else f"there is no folder {asked}"
    raise DataError(f"{found}: {REMEDY}")


def _read(path: Path) -> Images:
    try:
        content = np.fromfile(path, np.uint8)
    except FileNotFoundError as missing:
        raise DataError(f"{path} is missing: {REMEDY}") from missing
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}; {REMEDY}") from error
    if len(content) != RECORDS * RECORD_BYTES:
        expected = f"expected {RECORDS * RECORD_BYTES:,} ({RECORDS:,} records of {RECORD_BYTES:,})"
        raise DataError(f"{path} holds {len(content):,} bytes, {expected}: {REMEDY}")
    records = content.reshape(RECORDS, RECORD_BYTES)
    return Images(_rows_columns_channels(records[:, 1:]), _labels(path, records[:, 0]))


def _labels(path: Path, labels: Array) -> Array:
    if labels.max() >= CLASSES:
        record = int(np.argmax(labels >= CLASSES))
        raise DataError(f"{path}: record {record} has the label {labels[record]}, expected 0 to 9: {REMEDY}")
    return labels.astype(np.int64)


def _rows_columns_channels(planes: Array) -> Array:
    images: Array = planes.reshape(-1, *SHAPE).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images)
