"""Go to definition."""

from __future__ import annotations

from lsprotocol import types

from resdsl.lsp.occurrences import occurrence_at
from resdsl.lsp.tree import path_to
from resdsl.lsp.world import World
from resdsl.syntax import ast


def definition(world: World, params: types.DefinitionParams) -> types.Location | None:
    """Where the name under the cursor is declared, be it in a used file or the standard library; or the used file."""
    spot = world.at(params)
    if spot is None:
        return None
    document, place = spot
    found = occurrence_at(document, place)
    if found:
        return world.location(found.symbol.place)
    use = next(iter(path_to(document.tree, place)), None)
    path = document.used(use) if isinstance(use, ast.Use) else None
    if path is None or not path.is_file():
        return None
    return types.Location(world.uri(path), types.Range(types.Position(0, 0), types.Position(0, 0)))
