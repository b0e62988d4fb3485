"""Completion: what can stand at the cursor, with its documentation."""

from __future__ import annotations

from typing import assert_never

from lsprotocol import types

from resdsl.lsp.candidates import Candidate, Kind, candidates
from resdsl.lsp.context import context
from resdsl.lsp.positions import Place
from resdsl.lsp.world import World

OPTIONS = types.CompletionOptions(trigger_characters=[" ", "(", ",", "=", '"', "/"])


def completion(world: World, params: types.CompletionParams) -> list[types.CompletionItem]:
    """The words that fit, in order; the editor filters them by what is typed already."""
    spot = world.at(params)
    if spot is None:
        return []
    document, place = spot
    found = context(document.text.before(place))
    start = Place(place.line, place.column - len(found.word))
    typed = types.Range(document.text.position(*start), document.text.position(*place))
    items: dict[str, Candidate] = {}
    for candidate in candidates(document, found, place):
        items.setdefault(candidate.label, candidate)
    return [_item(candidate, typed, number) for number, candidate in enumerate(items.values())]


def _item(candidate: Candidate, typed: types.Range, number: int) -> types.CompletionItem:
    return types.CompletionItem(
        candidate.label,
        kind=_kind(candidate.kind),
        documentation=types.MarkupContent(types.MarkupKind.Markdown, candidate.markdown),
        sort_text=f"{number:03}",
        filter_text=candidate.syntax if candidate.kind == "rule" else None,
        text_edit=types.TextEdit(typed, candidate.insert),
    )


def _kind(kind: Kind) -> types.CompletionItemKind:
    match kind:
        case "keyword":
            return types.CompletionItemKind.Keyword
        case "value":
            return types.CompletionItemKind.EnumMember
        case "argument":
            return types.CompletionItemKind.Property
        case "parameter":
            return types.CompletionItemKind.Variable
        case "block" | "shortcut":
            return types.CompletionItemKind.Function
        case "network":
            return types.CompletionItemKind.Class
        case "run":
            return types.CompletionItemKind.Field
        case "rule":
            return types.CompletionItemKind.Constant
        case "file":
            return types.CompletionItemKind.File
        case _:
            assert_never(kind)
