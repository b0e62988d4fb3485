"""The parser's productions into the classes of `ast`: a method `_name` for each production `name` of grammar.lark."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from resdsl.diagnostics import Span
from resdsl.syntax import ast
from resdsl.syntax.lexer import Token


class _Body(NamedTuple):
    """`{ … }`."""

    entries: tuple[Any, ...]
    span: Span


class AstBuilder:
    """Each method takes the parts of its production, with None for an optional one that is absent, and its place."""

    def __init__(self, file: str) -> None:
        self.file = file

    def __call__(self, production: str, parts: list[Any], span: Span) -> Any:
        """The node for one production."""
        return getattr(self, f"_{production}")(parts, span)

    def _word_at(self, token: Token) -> ast.Name:
        return ast.Name(token.text, self._place(token))

    def _text_at(self, token: Token | None) -> ast.String | None:
        return token and ast.String(token.text[1:-1], self._place(token))

    def _place(self, token: Token) -> Span:
        return Span(self.file, token.line, token.column, token.line, token.column + len(token.text))

    # Values

    def _number(self, parts: list[Token], span: Span) -> ast.Number:
        return ast.Number(parts[0].text, span)

    def _name(self, parts: list[Token], span: Span) -> ast.Name:
        return ast.Name(parts[0].text, span)

    def _size(self, parts: list[Token], span: Span) -> ast.Size:
        return ast.Size(parts[0].text, span)

    def _moment(self, parts: list[Token], span: Span) -> ast.Moment:
        return ast.Moment(parts[0].text, span)

    def _string(self, parts: list[Token], span: Span) -> ast.String:
        return ast.String(parts[0].text[1:-1], span)

    def _group(self, parts: list[Any], span: Span) -> ast.Group:
        return ast.Group(parts[0], span)

    def _negative(self, parts: list[Any], span: Span) -> ast.Negative:
        return ast.Negative(parts[0], span)

    def _expression(self, parts: list[Any], span: Span) -> ast.Arithmetic:
        rest = tuple((token.text, operand) for token, operand in zip(parts[1::2], parts[2::2], strict=True))
        return ast.Arithmetic(parts[0], rest, span)

    _term = _expression

    def _list(self, parts: list[Any], span: Span) -> ast.ListValue:
        return ast.ListValue(_present(parts), span)

    def _call(self, parts: list[Any], span: Span) -> ast.Call:
        return ast.Call(self._word_at(parts[0]), parts[1] or (), span)

    # Statements

    def _hole(self, parts: list[Any], span: Span) -> ast.Hole:
        return ast.Hole(parts[0].text, span)

    def _word(self, parts: list[Token], span: Span) -> ast.Name | ast.String:
        token = parts[0]
        return self._string(parts, span) if token.kind == "STRING" else ast.Name(token.text, span)

    def _positional(self, parts: list[Any], span: Span) -> ast.Positional:
        return ast.Positional(parts[0], parts[1], span)

    def _named(self, parts: list[Any], span: Span) -> ast.Named:
        return ast.Named(self._word_at(parts[0]), parts[1], span)

    def _stride(self, parts: list[Any], span: Span) -> ast.Stride:
        return ast.Stride(parts[0], span)

    def _items(self, parts: list[Any], span: Span) -> tuple[ast.Item, ...]:
        return tuple(parts)

    _arguments = _items

    def _statement(self, parts: list[Any], span: Span) -> ast.Statement:
        label, keyword, items = parts
        return ast.Statement(label and self._word_at(label), self._word_at(keyword), items or (), span)

    def _allow(self, parts: list[Any], span: Span) -> ast.Allow:
        return ast.Allow(self._word_at(parts[0]), self._text_at(parts[1]), span)

    def _repeat(self, parts: list[Any], span: Span) -> ast.Repeat:
        count, call, stride = parts
        return ast.Repeat(count, call, stride, span)

    def _run(self, parts: list[Any], span: Span) -> ast.Repeat:
        repeat: ast.Repeat = parts[0]
        body: _Body = parts[1]
        return replace(repeat, span=span, settings=body.entries, braces=body.span)

    _inner = _call

    # Sections and declarations

    def _body(self, parts: list[Any], span: Span) -> _Body:
        return _Body(tuple(parts), span)

    def _stage(self, parts: list[Any], span: Span) -> ast.Stage:
        name, title, repeat, body = parts
        settings, braces = body or ((), None)
        return ast.Stage(self._word_at(name), self._text_at(title), (repeat,), settings, False, braces, span)

    def _stage_body(self, parts: list[Any], span: Span) -> ast.Stage:
        name, title, body = parts
        return ast.Stage(self._word_at(name), self._text_at(title), body.entries, (), True, body.span, span)

    def _stem(self, parts: list[_Body], span: Span) -> ast.Section:
        return ast.Section("stem", *parts[0], span)

    def _head(self, parts: list[_Body], span: Span) -> ast.Section:
        return ast.Section("head", *parts[0], span)

    def _expect(self, parts: list[_Body], span: Span) -> ast.Section:
        return ast.Section("expect", *parts[0], span)

    def _train(self, parts: list[_Body], span: Span) -> ast.Section:
        return ast.Section("train", *parts[0], span)

    def _use(self, parts: list[Token], span: Span) -> ast.Use:
        token, place = parts[0], self._place(parts[0])
        shipped = token.kind == "NAME"
        return ast.Use(ast.String(token.text if shipped else token.text[1:-1], place), span, shipped)

    def _parameter(self, parts: list[Any], span: Span) -> ast.Parameter:
        return ast.Parameter(self._word_at(parts[0]), parts[1], span)

    def _parameters(self, parts: list[Any], span: Span) -> tuple[ast.Parameter, ...]:
        return _present(parts)

    def _block(self, parts: list[Any], span: Span) -> ast.BlockDeclaration:
        name, parameters, body = parts
        return ast.BlockDeclaration(self._word_at(name), parameters or (), body.entries, body.span, span)

    def _shortcut(self, parts: list[Any], span: Span) -> ast.ShortcutDeclaration:
        name, body = parts
        return ast.ShortcutDeclaration(self._word_at(name), body.entries, body.span, span)

    def _base(self, parts: list[ast.Call], span: Span) -> ast.Call:
        return parts[0]

    def _network(self, parts: list[Any], span: Span) -> ast.NetworkDeclaration:
        name, parameters, *rest = parts
        base = next((part for part in rest if isinstance(part, ast.Call)), None)
        members, braces = next((part for part in rest if isinstance(part, _Body)), ((), None))
        return ast.NetworkDeclaration(self._word_at(name), parameters or (), base, members, braces, span)

    def _runs(self, parts: list[Any], span: Span) -> ast.Runs:
        return ast.Runs(self._word_at(parts[0]), parts[1], span)

    def _published(self, parts: list[Any], span: Span) -> ast.Published:
        call, value = parts
        return ast.Published(True, call, value, span)

    def _further(self, parts: list[Any], span: Span) -> ast.Published:
        call, value = parts
        return ast.Published(False, call, value, span)

    def _table(self, parts: list[Any], span: Span) -> ast.Table:
        call, body = parts
        figures, braces = body or ((), None)
        return ast.Table(call, figures, braces, span)

    def _study(self, parts: list[Any], span: Span) -> ast.StudyDeclaration:
        name, parameters, body = parts
        return ast.StudyDeclaration(self._word_at(name), parameters or (), body.entries, body.span, span)

    def _start(self, parts: list[Any], span: Span) -> ast.File:
        return ast.File(self.file, tuple(parts))


def _present(parts: list[Any]) -> tuple[Any, ...]:
    return tuple(part for part in parts if part is not None)
