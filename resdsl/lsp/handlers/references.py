"""Find every use of a name, in all files of the project."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from lsprotocol import types

from resdsl.lower.library import project_root
from resdsl.lsp.occurrences import Occurrence, Symbol, occurrence_at, occurrences
from resdsl.lsp.world import World

MAX_FILES, MAX_FOLDERS = 2000, 10_000


def references(world: World, params: types.ReferenceParams) -> list[types.Location]:
    """Where the name under the cursor is used."""
    spot = world.at(params)
    found = occurrence_at(*spot) if spot else None
    places = uses(world, found.symbol) if found else {}
    return [world.location(occurrence.span) for meant in places.values() for occurrence in meant]


def uses(world: World, symbol: Symbol) -> dict[Path, list[Occurrence]]:
    """Every place in the project's files that means `symbol`."""
    found: dict[Path, list[Occurrence]] = {}
    for path in _project_files(world, Path(symbol.place.file)):
        document = world.get(path) if _mentions(world, path, symbol.name) else None
        meant = [occurrence for occurrence in occurrences(document) if occurrence.symbol == symbol] if document else []
        if meant:
            found[path] = meant
    return found


def _mentions(world: World, path: Path, name: str) -> bool:
    try:
        return name.encode() in world.read(path)
    except OSError:
        return False


def _project_files(world: World, declared: Path) -> Iterator[Path]:
    """What is open, and the .res files of the project that `declared` belongs to."""
    seen = set(world.buffers)
    yield from world.buffers
    for folder, folders, files in islice(os.walk(project_root(declared)), MAX_FOLDERS):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "node_modules"]
        for file in files:
            path = (Path(folder) / file).resolve()
            if file.endswith(".res") and path not in seen and len(seen) < MAX_FILES:
                seen.add(path)
                yield path
