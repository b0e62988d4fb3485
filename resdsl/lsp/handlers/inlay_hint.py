"""Inlay hints: the map that leaves each stage and layer, at the end of its line."""

from __future__ import annotations

from collections import defaultdict

from lsprotocol import types

from resdsl.lsp.network_facts import Fact, of_one_network
from resdsl.lsp.world import Document, World


def inlay_hint(world: World, params: types.InlayHintParams) -> list[types.InlayHint]:
    """One hint for each line of a stem, stage or head within what the editor shows."""
    document, shown = world.document(params.text_document), params.range
    if document is None:
        return []
    lines: defaultdict[int, list[Fact]] = defaultdict(list)
    for place, facts in sorted(document.facts.items()):
        lines[place.line] += [fact for fact in facts if not fact.in_block]
    return [
        _hint(document, line, facts)
        for line, facts in lines.items()
        if facts and shown.start.line < line <= shown.end.line + 1
    ]


def _hint(document: Document, line: int, facts: list[Fact]) -> types.InlayHint:
    """The last part of the line decides."""
    leaves = of_one_network(facts)[-1].part.output
    end = document.text.position(line, len(document.text.line(line)) + 1)
    return types.InlayHint(end, f"→ {leaves}", padding_left=True)
