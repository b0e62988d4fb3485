"""Data sets in binary files of records, as CIFAR's official binary versions (Krizhevsky 2009)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from resdsl.backend import Array, Normalization
from resdsl.ir.data.data_set import DataSet, Records
from resdsl.training.data.archive import fetch
from resdsl.training.data.dataset import Dataset, Images
from resdsl.training.data.files import regular_size
from resdsl.training.data.reading import Reading
from resdsl.training.errors import DataError


def load_records(data_set: DataSet, layout: Records, reading: Reading) -> Dataset:
    """The data set in the folder of `reading`, or in the layout's own folder there (DataError)."""
    home = find_records(layout, reading.home)
    if home is None and reading.download:
        home = fetch(layout.archive, reading.home, layout.folder)
    if home is None:
        raise DataError(f"{_lacking(layout, reading.home)}: {_remedy(layout)}")
    parts = [_read(home / name, records, data_set, layout) for name, records in layout.files]
    pixels, labels = (np.concatenate(arrays) for arrays in zip(*parts[:-1], strict=True))
    scale = Normalization(data_set.mean, data_set.std)
    return Dataset(data_set.name, Images(pixels, labels), Images(*parts[-1]), data_set.classes or 0, scale)


def find_records(layout: Records, asked: Path) -> Path | None:
    """The folder that has any of the files: `asked` or the layout's own folder in it."""
    for home in (asked, asked / layout.folder):
        if any((home / name).exists() for name, _ in layout.files):
            return home
    return None


def _lacking(layout: Records, asked: Path) -> str:
    folder, file = layout.other
    for home in (asked, asked / folder):
        if home.name == folder and (home / file).exists():
            return f"{home} holds the Python version, expected the binary version"
    return f"there is no {layout.folder} in {asked}" if asked.is_dir() else f"there is no folder {asked}"


def _remedy(layout: Records) -> str:
    return (
        f"pass --download, or unpack {layout.archive.name} ({layout.page}) and pass its folder with --data-dir; "
        "or use --data digits, which needs no files"
    )


def _read(path: Path, records: int, data_set: DataSet, layout: Records) -> tuple[Array, Array]:
    """Pixels and labels of one file, whose size is looked at before it is read."""
    expected = records * layout.record
    try:
        size = regular_size(path)
        content = np.fromfile(path, np.uint8) if size == expected else None
    except FileNotFoundError as missing:
        raise DataError(f"{path} is missing: {_remedy(layout)}") from missing
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}; {_remedy(layout)}") from error
    if content is None:
        wanted = f"expected {expected:,} ({records:,} records of {layout.record:,})"
        raise DataError(f"{path} holds {size:,} bytes, {wanted}: {_remedy(layout)}")
    table = content.reshape(records, layout.record)
    labels = _labels(path, table[:, layout.labels - 1], data_set.classes or 0, layout)
    pixels = table[:, layout.labels :].reshape(-1, *layout.shape).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pixels), labels


def _labels(path: Path, labels: Array, classes: int, layout: Records) -> Array:
    if labels.max() >= classes:
        record = int(np.argmax(labels >= classes))
        found = f"record {record} has the label {labels[record]}, expected 0 to {classes - 1}"
        raise DataError(f"{path}: {found}: {_remedy(layout)}")
    return labels.astype(np.int64)
