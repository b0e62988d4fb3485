"""Lark's productions into the classes of `ast`."""

from __future__ import annotations

from typing import Any

from lark import Token, Transformer, v_args

from resdsl.diagnostics import Span
from resdsl.syntax import ast


@v_args(meta=True)
class AstBuilder(Transformer[Token, ast.File]):
    """One method per production of grammar.lark; a missing optional part arrives as None."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file

    def span(self, meta: Any) -> Span:
        return Span(self.file, meta.line, meta.column, meta.end_line, meta.end_column)

    def token(self, token: Token) -> ast.Name | ast.String:
        return self.text(token) if token.type == "STRING" else self.label(token)

    def label(self, token: Token) -> ast.Name:
        return ast.Name(str(token), self.span(token))

    def text(self, token: Token) -> ast.String:
        return ast.String(token[1:-1], self.span(token))

    # Values

    def number(self, meta: Any, parts: list[Token]) -> ast.Number:
        return ast.Number(str(parts[0]), self.span(meta))

    def name(self, meta: Any, parts: list[Token]) -> ast.Name:
        return self.label(parts[0])

    def size(self, meta: Any, parts: list[Token]) -> ast.Size:
        return ast.Size(str(parts[0]), self.span(meta))

    def string(self, meta: Any, parts: list[Token]) -> ast.String:
        return self.text(parts[0])

    def group(self, meta: Any, parts: list[Any]) -> ast.Group:
        return ast.Group(parts[0], self.span(meta))

    def negative(self, meta: Any, parts: list[Any]) -> ast.Negative:
        return ast.Negative(parts[0], self.span(meta))

    def expression(self, meta: Any, parts: list[Any]) -> ast.Arithmetic:
        rest = tuple((str(op), operand) for op, operand in zip(parts[1::2], parts[2::2], strict=True))
        return ast.Arithmetic(parts[0], rest, self.span(meta))

    term = expression

    def list(self, meta: Any, parts: list[Any]) -> ast.ListValue:
        return ast.ListValue(tuple(part for part in parts if part is not None), self.span(meta))

    def call(self, meta: Any, parts: list[Any]) -> ast.Call:
        return ast.Call(self.label(parts[0]), parts[1] or (), self.span(meta))

    # Statements

    def word(self, meta: Any, parts: list[Token]) -> ast.Name | ast.String:
        return self.token(parts[0])

    def positional(self, meta: Any, parts: list[Any]) -> ast.Positional:
        return ast.Positional(parts[0], parts[1], self.span(meta))

    def named(self, meta: Any, parts: list[Any]) -> ast.Named:
        return ast.Named(self.label(parts[0]), parts[1], self.span(meta))

    def stride(self, meta: Any, parts: list[Any]) -> ast.Stride:
        return ast.Stride(parts[0], self.span(meta))

    def items(self, meta: Any, parts: list[Any]) -> tuple[ast.Item, ...]:
        return tuple(parts)

    arguments = items

    def statement(self, meta: Any, parts: list[Any]) -> ast.Statement:
        label, keyword, items = parts
        return ast.Statement(label and self.label(label), self.label(keyword), items or (), self.span(meta))

    def allow(self, meta: Any, parts: list[Any]) -> ast.Allow:
        return ast.Allow(self.label(parts[0]), parts[1] and self.text(parts[1]), self.span(meta))

    def repeat(self, meta: Any, parts: list[Any]) -> ast.Repeat:
        return ast.Repeat(*parts, span=self.span(meta))

    # Sections and declarations

    def stage(self, meta: Any, parts: list[Any]) -> ast.Stage:
        name, title, repeat, *settings = parts
        given = tuple(setting for setting in settings if setting is not None)
        return ast.Stage(self.label(name), title and self.text(title), (repeat,), given, False, self.span(meta))

    def stage_body(self, meta: Any, parts: list[Any]) -> ast.Stage:
        name, title, *items = parts
        return ast.Stage(self.label(name), title and self.text(title), tuple(items), (), True, self.span(meta))

    def stem(self, meta: Any, parts: list[Any]) -> ast.Section:
        return ast.Section("stem", tuple(parts), self.span(meta))

    def head(self, meta: Any, parts: list[Any]) -> ast.Section:
        return ast.Section("head", tuple(parts), self.span(meta))

    def expect(self, meta: Any, parts: list[Any]) -> ast.Section:
        return ast.Section("expect", tuple(parts), self.span(meta))

    def train(self, meta: Any, parts: list[Any]) -> ast.Section:
        return ast.Section("train", tuple(parts), self.span(meta))

    def use(self, meta: Any, parts: list[Token]) -> ast.Use:
        return ast.Use(self.text(parts[0]), self.span(meta))

    def parameter(self, meta: Any, parts: list[Any]) -> ast.Parameter:
        return ast.Parameter(self.label(parts[0]), parts[1], self.span(meta))

    def parameters(self, meta: Any, parts: list[Any]) -> tuple[ast.Parameter, ...]:
        return tuple(part for part in parts if part is not None)

    def block(self, meta: Any, parts: list[Any]) -> ast.BlockDeclaration:
        name, parameters, *units = parts
        return ast.BlockDeclaration(self.label(name), parameters or (), tuple(units), self.span(meta))

    def shortcut(self, meta: Any, parts: list[Any]) -> ast.ShortcutDeclaration:
        name, *layers = parts
        return ast.ShortcutDeclaration(self.label(name), tuple(layers), self.span(meta))

    def members(self, meta: Any, parts: list[Any]) -> tuple[ast.Member, ...]:
        return tuple(parts)

    def network(self, meta: Any, parts: list[Any]) -> ast.NetworkDeclaration:
        name, parameters, base, members = parts
        return ast.NetworkDeclaration(
            self.label(name), parameters or (), base, members or (), members is not None, self.span(meta)
        )

    def start(self, meta: Any, parts: list[Any]) -> ast.File:
        return ast.File(self.file, tuple(parts))
