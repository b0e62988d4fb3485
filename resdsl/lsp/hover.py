"""Hover: what a stage, block or layer comes out as, and what a word means."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol import types

from resdsl.diagnostics import Span
from resdsl.lsp.completion import explained
from resdsl.lsp.context import context
from resdsl.lsp.documents import Document
from resdsl.lsp.names import Symbol, occurrence_at, parameters, parameters_in, symbol
from resdsl.lsp.offers import Offer, offers, parameter_offer
from resdsl.lsp.positions import Place
from resdsl.lsp.table import table
from resdsl.lsp.tree import declaration_at, path_to
from resdsl.lsp.values import declarations, signature_of
from resdsl.syntax import ast


def hover(document: Document, place: Place) -> types.Hover | None:
    """What is known of the word and of the line under the cursor."""
    word = _word(document, place)
    offer = _meaning(document, word) if word else None
    sections = [explained(offer)] if offer else []
    sections += _costs(document, place)
    if not sections:
        return None
    content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(sections))
    return types.Hover(content, document.text.range(word) if word else None)


def _word(document: Document, place: Place) -> Span | None:
    """The word under the cursor; behind `allow` it may hold dashes."""
    line = document.text.line(place.line)
    behind_allow = re.search(r"\ballow\s+[\w-]*$", line[: place.column - 1])
    for match in re.finditer(r"[A-Za-z_][\w-]*" if behind_allow else r"[A-Za-z_]\w*", line):
        if match.start() < place.column <= match.end() + 1:
            return Span(document.name, place.line, match.start() + 1, place.line, match.end() + 1)
    return None


def _meaning(document: Document, word: Span) -> Offer | None:
    """A word is explained as the name that it is, or else as completion would explain it in its place."""
    start = Place(word.line, word.column)
    found = occurrence_at(document, start)
    if found:
        return _inherited(document, found.symbol, start) or _declared(document, found.symbol)
    text = document.text.line(word.line)[word.column - 1 : word.end_column - 1]
    fitting = offers(document, context(document.text.before(start)), start)
    return next((offer for offer in fitting if text in offer.names), None)


def _inherited(document: Document, found: Symbol, place: Place) -> Offer | None:
    """A parameter as the network around the cursor has it, be it its own or another's."""
    around = declaration_at(document.tree, place)
    if not isinstance(around, ast.NetworkDeclaration):
        return None
    is_known = parameters_in(around, document.checked.library).get(found.name) == found
    return parameter_offer(document, around, found.name) if is_known else None


def _declared(document: Document, found: Symbol) -> Offer | None:
    """What is to be said of a block, shortcut, network or parameter."""
    for declaration in declarations(document):
        if symbol(found.kind, declaration.name) == found:
            return Offer(found.name, "block", *signature_of(document, declaration))
        if not isinstance(declaration, ast.ShortcutDeclaration) and parameters(declaration).get(found.name) == found:
            return parameter_offer(document, declaration, found.name)
    return None


def _costs(document: Document, place: Place) -> Iterator[str]:
    """The table of the innermost layer, run of blocks or stage around the cursor."""
    path = path_to(document.tree, place)
    in_body = any(isinstance(node, ast.Stage) and node.braced for node in path)
    for node in reversed(path):
        if isinstance(node, ast.Stage | ast.Statement) or (isinstance(node, ast.Repeat) and in_body):
            span = node.call.span if isinstance(node, ast.Repeat) else node.span
            found = document.facts.get(Place(span.line, span.column))
            if found:
                yield table(found)
                return
