"""What a user means by SPEC: a path, `path:network`, the name of a shipped spec or of a network in one, or a run folder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from resdsl.suggest import remedy

RECIPE, SPEC = "recipe.json", "spec.res"  # of a run folder
SHIPPED = "<shipped>/"  # before the name of a file that comes with resdsl, wherever that lies


class SpecNotFound(Exception):
    """No file and no shipped spec is called so; the message says what there is."""


class Asked(NamedTuple):
    """What is asked for of a network: its parameters, another input (`3x64x64`), an output stride."""

    parameters: Mapping[str, float]
    input: str | None = None
    output_stride: int | None = None


class Run(NamedTuple):
    """A run folder, and what was asked for of its network."""

    folder: Path
    asked: Asked


class Located(NamedTuple):
    """A file, how findings call it, and the network that was asked for in it."""

    path: Path
    shown: str
    network: str | None
    content: bytes | None = None  # where it is not on disk
    run: Run | None = None  # whose spec it is

    def asked(self, now: Asked) -> Asked:
        """What is asked for `now`, and of a run what was asked for before where nothing else is now."""
        if self.run is None:
            return now
        parameters, input, output_stride = self.run.asked
        shape = input if now.input is None else now.input
        return Asked({**parameters, **now.parameters}, shape, now.output_stride or output_stride)


def locate(spec: str | Path) -> Located:
    """The file that `spec` names; raises SpecNotFound."""
    text = str(spec)
    file, colon, network = text.rpartition(":")
    for name, wanted in ((text, None), (file, network)) if colon else ((text, None),):
        path = Path(name)
        if _is_file(path):
            return Located(path, name, wanted)
        shipped = shipped_file(name)
        if shipped:
            return Located(shipped, _shown(shipped), wanted)
        if wanted is None and _is_file(path / RECIPE):
            return _of_run(path)
    if not colon and text in shipped_networks():
        shipped = shipped_networks()[text]
        return Located(shipped, _shown(shipped), text)
    if text in shipped_studies():
        return Located(shipped_studies()[text], _shown(shipped_studies()[text]), None)
    name = file if colon else text
    if Path(name).is_dir():
        raise SpecNotFound(f"{name} is a folder: name a file or a run in it")
    if "/" in name or name.endswith(".res"):
        raise SpecNotFound(f"there is no file {name}: give a path, or one of the names that `resdsl list` shows")
    raise SpecNotFound(f"there is no file and no shipped spec '{name}': {remedy(name, _all_names(), 'spec')}")


def _all_names() -> set[str]:
    return {*shipped_names(), *shipped_networks(), *shipped_studies()}


def _of_run(folder: Path) -> Located:
    """The network of a run, from what the run keeps of it; raises SpecNotFound."""
    try:
        found = json.loads((folder / RECIPE).read_bytes())
        # Earlier versions wrote 6 as 6.0.
        own = {str(name): int(value) if value == int(value) else value for name, value in found["parameters"].items()}
        shape, stride = found.get("input"), found.get("output_stride")
        asked = Asked(own, str(shape) if shape else None, int(stride) if stride else None)
        return Located(folder / SPEC, str(folder / SPEC), str(found["network"]), run=Run(folder, asked))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SpecNotFound(f"{folder / RECIPE} does not say which network the run is of: name its spec") from error


def shipped_folder() -> Path:
    """Where the shipped specs lie: in the installed package, or next to it in a checkout."""
    package = Path(__file__).parent
    installed = package / "specs"
    return installed if installed.is_dir() else package.parent / "specs"


def shipped_file(name: str) -> Path | None:
    """The shipped file of that bare name."""
    path = shipped_folder() / f"{name}.res"
    return path if name.isidentifier() and _is_file(path) else None


@cache
def shipped_networks() -> Mapping[str, Path]:
    """Each network of the shipped files, and the file that declares it."""
    found: dict[str, Path] = {}
    for path in sorted(shipped_folder().glob("*.res")):
        found |= dict.fromkeys(re.findall(r"^network\s+(\w+)", path.read_text("utf-8"), re.MULTILINE), path)
    return found


@cache
def shipped_studies() -> Mapping[str, Path]:
    """Each shipped study, and its file."""
    return {path.stem: path for path in sorted((shipped_folder() / "studies").glob("*.res"))}


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
