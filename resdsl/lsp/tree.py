"""Ways through the syntax tree, whatever its classes are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from resdsl.diagnostics import Span
from resdsl.lsp.positions import Place, within
from resdsl.syntax import ast


def children(node: Any) -> Iterator[Any]:
    """The nodes right below `node`."""
    for field in fields(node):
        value = getattr(node, field.name)
        for part in value if isinstance(value, tuple) and not isinstance(value, Span) else (value,):
            yield from (each for each in (part if isinstance(part, tuple) else (part,)) if is_dataclass(each))


def declaration_at(file: ast.File, place: Place) -> ast.Declaration | None:
    """The declaration around `place`."""
    return next((declaration for declaration in file.declarations if within(place, declaration.span)), None)


def path_to(file: ast.File, place: Place) -> list[Any]:
    """The nodes around `place`, from the outermost in."""
    path: list[Any] = []
    nodes: list[Any] = list(file.declarations)
    while found := [node for node in nodes if within(place, node.span)]:
        # Where two nodes touch, the cursor means the one that starts at it.
        path.append(found[-1])
        nodes = list(children(found[-1]))
    return path
