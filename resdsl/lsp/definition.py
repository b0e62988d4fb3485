"""Go to definition."""

from __future__ import annotations

from lsprotocol import types

from resdsl.diagnostics import Span
from resdsl.lsp.documents import Document, Documents, file_path
from resdsl.lsp.names import occurrence_at
from resdsl.lsp.positions import Place
from resdsl.lsp.tree import path_to
from resdsl.syntax import ast


def definition(documents: Documents, document: Document, place: Place) -> types.Location | None:
    """Where the name under the cursor is declared, be it in a used file or the standard library; or the used file."""
    found = occurrence_at(document, place)
    if found:
        return location(documents, found.symbol.place)
    use = next(iter(path_to(document.tree, place)), None)
    path = document.used(use) if isinstance(use, ast.Use) else None
    if path is None or not path.is_file():
        return None
    return types.Location(documents.uri(path), types.Range(types.Position(0, 0), types.Position(0, 0)))


def location(documents: Documents, span: Span) -> types.Location:
    """A stretch of any file as the editor names it."""
    path = file_path(span.file)
    return types.Location(documents.uri(path), documents.text(path).range(span))
