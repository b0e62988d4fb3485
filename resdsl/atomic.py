"""The one way in which files are written: they appear whole or not at all, and stay what they are."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


def write_atomically(path: Path, content: bytes) -> None:
    """Puts `content` at `path` in one move; a crash or a full disk (OSError) leaves what was there before.

    A file keeps its mode and owner; a link stays, and what it points to is written. A file of several names, or one
    whose owner cannot be kept, is overwritten where it is, once all of `content` is on the disk. A device or a pipe
    takes the content, and stays; a disk takes nothing.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        status = None
    if status and not stat.S_ISREG(status.st_mode):
        _pour(path, status.st_mode, content)
        return
    path = path.resolve()  # Not before: /dev/stdout leads to no path that could be opened.
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.tmp")
    try:
        with open(os.open(temporary, NEW, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if status is None or _adopts(temporary, status):
            temporary.replace(path)
        else:
            _overwrite(path, content)
    finally:
        temporary.unlink(missing_ok=True)


def _adopts(temporary: Path, status: os.stat_result) -> bool:
    """Whether a new file can take the place of an old one: with its owner and mode, and without losing a name."""
    if status.st_nlink > 1:
        return False
    own = temporary.stat()
    if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.chown(temporary, status.st_uid, status.st_gid)
        except PermissionError:
            return False
    temporary.chmod(stat.S_IMODE(status.st_mode))
    return True


def _overwrite(path: Path, content: bytes) -> None:
    with path.open("r+b") as file:
        file.write(content)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def _pour(path: Path, mode: int, content: bytes) -> None:
    """Writes into what is no file; raises OSError at once where nobody reads a pipe."""
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if stat.S_ISBLK(mode):
        raise OSError(errno.EPERM, "it is a disk", str(path))
    number = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    os.set_blocking(number, True)
    with open(number, "wb") as file:
        file.write(content)
