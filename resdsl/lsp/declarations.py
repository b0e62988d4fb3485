"""What is written about a declaration, and the values that its parameters take."""

from __future__ import annotations

import re
from collections.abc import Iterator

from resdsl.clean import clean
from resdsl.diagnostics import Span
from resdsl.ir.block import Block
from resdsl.ir.expression import Real
from resdsl.lower.derive import flatten
from resdsl.lower.library import prelude_text
from resdsl.lower.mistake import PRELUDE, Mistake, Report
from resdsl.lsp.positions import Text
from resdsl.lsp.world import Document
from resdsl.syntax import ast

Declaration = ast.BlockDeclaration | ast.ShortcutDeclaration | ast.NetworkDeclaration | ast.StudyDeclaration


# What Markdown would make of a text, such as a picture from somewhere else.
_MARKUP = re.compile(r"[\\`*_\[\]<>!|~&#]")


def declarations(document: Document) -> Iterator[Declaration]:
    """Everything that the file can refer to."""
    library = document.checked.library
    yield from library.blocks.values()
    yield from library.shortcuts.values()
    yield from library.networks.values()
    yield from library.studies.values()


def signature_of(document: Document, declaration: Declaration) -> tuple[str, str]:
    """`basic(filters)`, and the comment above its declaration."""
    given = () if isinstance(declaration, ast.ShortcutDeclaration) else declaration.parameters
    written = ", ".join(text_of(document, parameter.span) for parameter in given)
    return f"{declaration.name.id}({written})" if written else declaration.name.id, _comment(document, declaration.span)


def as_it_stands(text: str) -> str:
    """`text` in Markdown, which shows it and does nothing."""
    return _MARKUP.sub(r"\\\g<0>", clean(text))


def text_of(document: Document, span: Span) -> str:
    """A stretch of any file that the document knows."""
    return span.cut(_lines(document, span.file))


def describe_values(document: Document, declaration: Declaration, name: str) -> str:
    """The values that a parameter has, and where."""
    if isinstance(declaration, ast.NetworkDeclaration):
        value = network_values(document, declaration).get(name)
        return "" if value is None else f"`{name} = {value}` in {declaration.name.id}"
    found: dict[Real, list[str]] = {}
    for valid in document.known.values():
        for block in valid.network.blocks:
            if block.kind == declaration.name.id:
                _note(found, block, name)
    return "; ".join(f"`{name} = {value}` in {', '.join(stages)}" for value, stages in found.items())


def network_values(document: Document, declaration: ast.NetworkDeclaration) -> dict[str, Real]:
    """The parameters that a network's members can refer to, at their defaults."""
    try:
        return dict(flatten(declaration, {}, document.checked.library, Report()).scope.values)
    except Mistake:
        return {}


def _note(found: dict[Real, list[str]], block: Block, name: str) -> None:
    stage = block.name.rpartition(".")[0]
    for argument in block.arguments:
        if argument.name == name and stage not in found.setdefault(argument.value, []):
            found[argument.value].append(stage)


def _comment(document: Document, span: Span) -> str:
    """The comment right above a declaration."""
    lines = _lines(document, span.file)[: span.line - 1]
    first = len(lines)
    while first and lines[first - 1].startswith("#"):
        first -= 1
    comment = " ".join(line.lstrip("# ").rstrip() for line in lines[first:])
    return comment if span.file == PRELUDE else as_it_stands(comment)


def _lines(document: Document, file: str) -> tuple[str, ...]:
    return Text.of(prelude_text() if file == PRELUDE else document.checked.sources.get(file, "")).lines
