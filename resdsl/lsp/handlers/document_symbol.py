"""The outline of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lsprotocol import types

from resdsl.diagnostics import Span
from resdsl.lsp.positions import Text
from resdsl.lsp.world import World
from resdsl.syntax import ast

_SYMBOLS = types.SymbolKind


def document_symbol(world: World, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    """Declarations, with the parameters, sections and stages of each."""
    document = world.document(params.text_document)
    if document is None:
        return []
    return [symbol for d in document.tree.declarations for symbol in _declaration(document.text, d)]


def _declaration(text: Text, declaration: ast.Declaration) -> Iterator[types.DocumentSymbol]:
    match declaration:
        case ast.NetworkDeclaration():
            inside = [*_parameters(text, declaration.parameters), *_members(text, declaration.members)]
            detail = f"= {declaration.base.name.id}" if declaration.base else "network"
            yield _symbol(text, _SYMBOLS.Class, declaration.name, declaration.span, detail, children=inside)
        case ast.StudyDeclaration():
            runs = [member for member in declaration.members if isinstance(member, ast.Runs)]
            inside = [
                *_parameters(text, declaration.parameters),
                *(_symbol(text, _SYMBOLS.Field, run.name, run.span, run.call.name.id) for run in runs),
            ]
            yield _symbol(text, _SYMBOLS.Class, declaration.name, declaration.span, "study", children=inside)
        case ast.BlockDeclaration():
            inside = list(_parameters(text, declaration.parameters))
            yield _symbol(text, _SYMBOLS.Function, declaration.name, declaration.span, "block", children=inside)
        case ast.ShortcutDeclaration():
            yield _symbol(text, _SYMBOLS.Function, declaration.name, declaration.span, "shortcut")


def _parameters(text: Text, parameters: Iterable[ast.Parameter]) -> Iterator[types.DocumentSymbol]:
    for parameter in parameters:
        yield _symbol(text, _SYMBOLS.Variable, parameter.name, parameter.span, "parameter")


def _members(text: Text, members: Iterable[ast.Member]) -> Iterator[types.DocumentSymbol]:
    for member in members:
        match member:
            case ast.Stage():
                title = member.title.text if member.title else "stage"
                yield _symbol(text, _SYMBOLS.Field, member.name, member.span, title)
            case ast.Section():
                span = member.span
                keyword = span._replace(end_line=span.line, end_column=span.column + len(member.kind))
                yield _symbol(text, _SYMBOLS.Namespace, ast.Name(member.kind, keyword), span, "section")


def _symbol(
    text: Text,
    kind: types.SymbolKind,
    name: ast.Name,
    span: Span,
    detail: str,
    *,
    children: Sequence[types.DocumentSymbol] = (),
) -> types.DocumentSymbol:
    whole, own = text.range(span), text.range(name.span)
    return types.DocumentSymbol(name.id, kind, whole, own, detail=detail, children=children)
