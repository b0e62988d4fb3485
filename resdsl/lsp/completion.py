"""Completion: what can stand at the cursor, with its documentation."""

from __future__ import annotations

from lsprotocol import types

from resdsl.lsp.context import context
from resdsl.lsp.documents import Document
from resdsl.lsp.offers import Kind, Offer, offers
from resdsl.lsp.positions import Place

TRIGGERS = [" ", "(", ",", "=", '"', "/"]
_KINDS: dict[Kind, types.CompletionItemKind] = {
    "keyword": types.CompletionItemKind.Keyword,
    "value": types.CompletionItemKind.EnumMember,
    "argument": types.CompletionItemKind.Property,
    "parameter": types.CompletionItemKind.Variable,
    "block": types.CompletionItemKind.Function,
    "shortcut": types.CompletionItemKind.Function,
    "network": types.CompletionItemKind.Class,
    "rule": types.CompletionItemKind.Constant,
    "file": types.CompletionItemKind.File,
}


def completion(document: Document, place: Place) -> list[types.CompletionItem]:
    """The words that fit, in order; the editor filters them by what is typed already."""
    found = context(document.text.before(place))
    start = Place(place.line, place.column - len(found.word))
    spot = types.Range(document.text.position(*start), document.text.position(*place))
    items: dict[str, Offer] = {}
    for offer in offers(document, found, place):
        items.setdefault(offer.label, offer)
    return [_item(offer, spot, number) for number, offer in enumerate(items.values())]


def explained(offer: Offer) -> str:
    """How the word is written, and what it means, in Markdown."""
    return f"```res\n{offer.syntax}\n```\n{offer.meaning}"


def _item(offer: Offer, spot: types.Range, number: int) -> types.CompletionItem:
    documentation = types.MarkupContent(types.MarkupKind.Markdown, explained(offer))
    return types.CompletionItem(
        offer.label,
        kind=_KINDS[offer.kind],
        documentation=documentation,
        sort_text=f"{number:03}",
        filter_text=offer.syntax if offer.kind == "rule" else None,
        text_edit=types.TextEdit(spot, offer.insert),
    )
