"""The official archives: fetched, checked, and unpacked."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from resdsl.ir.data.data_set import Archive
from resdsl.training.errors import DataError


def fetch(archive: Archive, into: Path, folder: str) -> Path:
    """Fetches `archive` and unpacks its `folder` in `into`; raises DataError where it is not the official one.

    What is fetched stands under its own name only once its checksum is right. Another try fetches it anew.
    """
    try:
        import pooch  # noqa: PLC0415  # only here, and not always installed
    except ImportError as missing:
        raise DataError("--download needs pooch: pip install 'resdsl[data]'") from missing
    _check_space(into, archive)
    try:
        path = pooch.retrieve(
            archive.url, f"sha256:{archive.sha256}", archive.name, into, downloader=pooch.HTTPDownloader(timeout=60)
        )
        with tarfile.open(path) as content:
            content.extractall(into, [each for each in content if each.name.startswith(f"{folder}/")], filter="data")
    except (OSError, ValueError, tarfile.TarError) as error:  # requests' errors are OSErrors
        raise DataError(f"cannot fetch {archive.url} ({_brief(error)}): try again, or fetch it by hand") from error
    Path(path).unlink()
    return into / folder


def _check_space(into: Path, archive: Archive) -> None:
    into.mkdir(parents=True, exist_ok=True)
    needed, free = 3 * archive.size, shutil.disk_usage(into).free
    if free < needed:
        raise DataError(f"{into} has {free:,} bytes free, expected {needed:,}: make room, or pass another --data-dir")


def _brief(error: Exception) -> str:
    """The first sentence: the libraries' messages are paragraphs."""
    return str(error).split("\n")[0][:200] or type(error).__name__
