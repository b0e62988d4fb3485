"""Hover: what a stage, block or layer comes out as, and what a word means."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol import types

from resdsl.diagnostics import Span
from resdsl.lsp.candidates import Candidate, candidates, parameter_candidate
from resdsl.lsp.context import context
from resdsl.lsp.cost_table import table
from resdsl.lsp.declarations import declarations, signature_of, text_of
from resdsl.lsp.occurrences import Symbol, occurrence_at, parameters, parameters_in, symbol
from resdsl.lsp.positions import Place
from resdsl.lsp.tree import declaration_at, path_to
from resdsl.lsp.world import Document, World
from resdsl.syntax import ast


def hover(world: World, params: types.HoverParams) -> types.Hover | None:
    """What is known of the word and of the line under the cursor."""
    spot = world.at(params)
    if spot is None:
        return None
    document, place = spot
    word = _word(document, place)
    meant = _meaning(document, word) if word else None
    sections = [meant.markdown] if meant else []
    sections += _costs(document, place)
    if not sections:
        return None
    content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(sections))
    return types.Hover(content, document.text.range(word) if word else None)


def _word(document: Document, place: Place) -> Span | None:
    """The word under the cursor; after `allow` it may hold dashes."""
    line = document.text.line(place.line)
    after_allow = re.search(r"\ballow\s+[\w-]*$", line[: place.column - 1])
    for match in re.finditer(r"[A-Za-z_][\w-]*" if after_allow else r"[A-Za-z_]\w*", line):
        if match.start() < place.column <= match.end() + 1:
            return Span(document.name, place.line, match.start() + 1, place.line, match.end() + 1)
    return None


def _meaning(document: Document, word: Span) -> Candidate | None:
    """A word is explained as the name that it is, or else as completion would explain it in its place."""
    start = Place(word.line, word.column)
    found = occurrence_at(document, start)
    if found:
        return _inherited(document, found.symbol, start) or _declared(document, found.symbol)
    text = document.text.line(word.line)[word.column - 1 : word.end_column - 1]
    fitting = candidates(document, context(document.text.before(start)), start)
    return next((candidate for candidate in fitting if text in candidate.names), None)


def _inherited(document: Document, found: Symbol, place: Place) -> Candidate | None:
    """A parameter as the network around the cursor has it, be it its own or another's."""
    around = declaration_at(document.tree, place)
    if not isinstance(around, ast.NetworkDeclaration):
        return None
    is_known = parameters_in(around, document.checked.library).get(found.name) == found
    return parameter_candidate(document, around, found.name) if is_known else None


def _declared(document: Document, found: Symbol) -> Candidate | None:
    """What is to be said of a block, shortcut, network or parameter."""
    if found.kind == "run":
        return _run(document, found)
    for declaration in declarations(document):
        if symbol(found.kind, declaration.name) == found:
            return Candidate(found.name, "block", *signature_of(document, declaration))
        if not isinstance(declaration, ast.ShortcutDeclaration) and parameters(declaration).get(found.name) == found:
            return parameter_candidate(document, declaration, found.name)
    return None


def _run(document: Document, found: Symbol) -> Candidate | None:
    """A run of a study, and what its networks are called in figures."""
    for name, declaration in document.checked.library.studies.items():
        for member in declaration.members:
            if isinstance(member, ast.Runs) and symbol("run", member.name) == found:
                study = document.checked.studies.get(name)
                labels = [study.labels[run.name] for run in study.runs if run.group == found.name] if study else []
                meaning = f"A run of the study {name}" + (f": {', '.join(labels)}." if labels else ".")
                return Candidate(found.name, "run", text_of(document, member.span), meaning)
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
