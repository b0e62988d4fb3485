"""Files as a user's disk has them: none is read before its kind and its size are known."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def regular_size(path: str | Path) -> int:
    """The size of a file in bytes; raises OSError for what cannot be read as one: a folder, a FIFO, a device."""
    return _checked(os.stat(path), None)


def read_whole(path: str | Path, most: int, offset: int = 0, length: int | None = None) -> bytes:
    """What the file holds, or `length` bytes from `offset` on; raises OSError as `regular_size` does, or for
    more than `most` bytes.
    """
    # Without O_NONBLOCK the opening of a FIFO would wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as file:
        size = _checked(os.fstat(descriptor), most if length is None else None)
        file.seek(offset)
        return file.read(size if length is None else length)


def _checked(status: os.stat_result, most: int | None) -> int:
    if stat.S_ISDIR(status.st_mode):
        raise OSError("is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise OSError("is no file")
    if most is not None and status.st_size > most:
        raise OSError(f"holds {status.st_size:,} bytes")
    return status.st_size
