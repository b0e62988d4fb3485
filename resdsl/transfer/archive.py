"""Zip archives, which PyTorch, NumPy and Keras keep weights in: they may not unpack to many times their size."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile, ZipFile

from resdsl.weights.files import WeightsError

ZIP = b"PK\x03\x04"
GROWTH, SLACK = 16, 2**24


def open_archive(path: Path) -> ZipFile:
    """The archive at `path`; raises ValueError where it is damaged, and WeightsError where it unpacks to too much."""
    try:
        archive = ZipFile(path)
    except (BadZipFile, NotImplementedError, EOFError) as error:
        raise ValueError(str(error)) from error
    unpacked, size = sum(entry.file_size for entry in archive.infolist()), path.stat().st_size
    if unpacked > GROWTH * size + SLACK:
        archive.close()
        raise WeightsError(f"{path} has {size:,} bytes, which unpack to {unpacked:,}: write it without compression")
    return archive


def names_in(path: Path) -> list[str]:
    """The names of an archive's entries, none where it is damaged."""
    try:
        with ZipFile(path) as archive:
            return archive.namelist()
    except (OSError, BadZipFile, NotImplementedError, EOFError, ValueError):
        return []
