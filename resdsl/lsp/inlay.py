"""Inlay hints: the map that leaves each stage and layer, at the end of its line."""

from __future__ import annotations

from collections import defaultdict

from lsprotocol import types

from resdsl.lsp.documents import Document
from resdsl.lsp.known import Fact, of_one_network


def inlay_hints(document: Document, shown: types.Range) -> list[types.InlayHint]:
    """One hint for each line of a stem, stage or head within `shown`."""
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
