"""Formatting, as `resdsl fmt` does it."""

from __future__ import annotations

from lsprotocol import types

from resdsl.lsp.world import World
from resdsl.syntax.format import FormatError, formatted


def formatting(world: World, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
    """One edit that puts the canonical form in the place of the text; none where it is that, or cannot be read."""
    document = world.document(params.text_document)
    if document is None:
        return []
    old = world.read(document.path)
    try:
        new = formatted(document.name, old)
    except FormatError:
        return []
    return [types.TextEdit(types.Range(types.Position(0, 0), document.text.end()), new)] if new.encode() != old else []
