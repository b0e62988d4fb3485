"""What a user means by SPEC: a path, `path:network`, or the name of a shipped spec."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from resdsl.suggest import remedy


class SpecNotFound(Exception):
    """No file and no shipped spec is called so; the message says what there is."""


class Located(NamedTuple):
    """A file, how findings call it, and the network that was asked for in it."""

    path: Path
    shown: str
    network: str | None


def locate(spec: str | Path) -> Located:
    """The file that `spec` names; raises SpecNotFound."""
    text = str(spec)
    file, colon, network = text.rpartition(":")
    for name, wanted in ((text, None), (file, network)) if colon else ((text, None),):
        path = Path(name)
        if _is_file(path):
            return Located(path, name, wanted)
        shipped = shipped_folder() / f"{name}.res"
        if name.isidentifier() and _is_file(shipped):
            return Located(shipped, _shown(shipped), wanted)
    name = file if colon else text
    if Path(name).is_dir():
        raise SpecNotFound(f"{name} is a folder: name a file in it")
    if "/" in name or name.endswith(".res"):
        raise SpecNotFound(f"there is no file {name}: give a path, or one of the names that `resdsl list` shows")
    raise SpecNotFound(f"there is no file and no shipped spec '{name}': {remedy(name, shipped_names(), 'spec')}")


def shipped_folder() -> Path:
    """Where the shipped specs lie: in the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "specs"
    return installed if installed.is_dir() else package.parent / "specs"


def shipped_names() -> list[str]:
    """The names of all shipped specs."""
    return sorted(path.stem for path in shipped_folder().glob("*.res"))


def files_below(folder: Path) -> list[Path]:
    """All .res files in `folder` and the folders in it, but for hidden ones and for links that lead out of it."""
    found = (path for path in folder.rglob("*.res") if not _is_hidden(path.relative_to(folder)) and path.is_file())
    inside = folder.resolve()
    return sorted(path for path in found if not path.is_symlink() or path.resolve().is_relative_to(inside))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _shown(path: Path) -> str:
    """`path` relative to the current folder, where it lies in it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
