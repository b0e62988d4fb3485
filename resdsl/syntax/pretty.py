"""The tree as text in brackets: what a formatter may break over lines, and what it may not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, assert_never

from resdsl.diagnostics import Span
from resdsl.syntax import ast


class Brackets(NamedTuple):
    """How a kind of brackets is written: `pad` inside of them, and `after` each entry on a line of its own."""

    open: str
    close: str
    pad: str
    between: str
    after: str


BRACES = Brackets("{", "}", " ", "; ", "")
ROUND = Brackets("(", ")", "", ", ", ",")
GROUP = Brackets("(", ")", "", "", "")
SQUARE = Brackets("[", "]", "", ", ", ",")


@dataclass(frozen=True, eq=False)
class Body:
    """Entries between brackets. Those that stood on several lines and are to stay so are `loose`."""

    brackets: Brackets
    entries: tuple[Entry, ...]
    span: Span
    loose: bool = False

    @cached_property
    def flat(self) -> str:
        """The whole on one line."""
        opening, closing, pad, between, _ = self.brackets
        inner = between.join(entry.flat for entry in self.entries)
        return f"{opening}{pad}{inner}{pad}{closing}" if inner else f"{opening}{pad}{closing}"

    @cached_property
    def breaks(self) -> bool:
        """Whether it cannot stand on one line."""
        return self.loose or any(entry.breaks for entry in self.entries)


@dataclass(frozen=True, eq=False)
class Entry:
    """A declaration, a statement or a value: texts and bodies in turn.

    Entries of one `kind` that stand on lines in a row are aligned after their first `head` parts.
    """

    parts: tuple[str | Body, ...]
    span: Span
    kind: str = ""
    head: int = 0

    @cached_property
    def flat(self) -> str:
        """The whole on one line."""
        return flat(self.parts)

    @cached_property
    def breaks(self) -> bool:
        """Whether it cannot stand on one line."""
        return any(body.breaks for body in self.bodies)

    @cached_property
    def bodies(self) -> list[Body]:
        """Its parts in brackets."""
        return [part for part in self.parts if isinstance(part, Body)]

    def followed_by(self, other: Entry) -> Entry:
        """This entry and `other` as one."""
        return Entry((*self.parts, BRACES.between, *other.parts), self.span.to(other.span))


Parts = tuple[str | Body, ...]
Node = (
    ast.Declaration | ast.Member | ast.StudyMember | ast.Published | ast.Repeat | ast.Item | ast.Parameter | ast.Value
)
Named = ast.Use | ast.BlockDeclaration | ast.ShortcutDeclaration | ast.NetworkDeclaration | ast.StudyDeclaration


def flat(parts: Iterable[str | Body]) -> str:
    """All parts on one line."""
    return "".join(part if isinstance(part, str) else part.flat for part in parts)


def entry(node: Node) -> Entry:
    """The document of one node of the tree."""
    match node:
        case (
            ast.Use()
            | ast.BlockDeclaration()
            | ast.ShortcutDeclaration()
            | ast.NetworkDeclaration()
            | ast.StudyDeclaration()
        ):
            return _declaration(node)
        case ast.Runs():
            return Entry((f"run {node.name.id}: ", *_value(node.call)), node.span, "run", 1)
        case ast.Table():
            figures = (" ", _braces(node.figures, node.braces)) if node.braces else ()
            return Entry(("table ", *_value(node.call), *figures), node.span)
        case ast.Published():
            word = "published " if node.worded else ""
            return Entry((word, *_value(node.call), " ", *_value(node.value)), node.span)
        case ast.Section():
            return Entry((f"{node.kind} ", _braces(node.statements, node.braces)), node.span)
        case ast.Stage():
            return _stage(node)
        case ast.Repeat():
            settings = (" ", _braces(node.settings, node.braces)) if node.braces else ()
            return Entry((*_repeat(node), *settings), node.span)
        case ast.Allow():
            reason = (" ", *_value(node.reason)) if node.reason else ()
            return Entry((f"allow {node.rule.id}", *reason), node.span, "allow", 2)
        case ast.Statement():
            return _statement(node)
        case ast.Parameter():
            return Entry((node.name.id, *((" = ", *_value(node.default)) if node.default else ())), node.span)
        case ast.Positional() | ast.Named() | ast.Stride():
            return Entry(_item(node), node.span)
        case ast.Hole():
            return Entry((node.text,), node.span)
        case _:
            return Entry(_value(node), node.span)


def _declaration(node: Named) -> Entry:
    match node:
        case ast.Use():
            return Entry((f"use {node.path.text}" if node.shipped else f'use "{node.path.text}"',), node.span)
        case ast.BlockDeclaration():
            head = (f"block {node.name.id}", *_parameters(node, node.braces), " ")
            return Entry((*head, _braces(node.units, node.braces)), node.span, "block", len(head))
        case ast.ShortcutDeclaration():
            return Entry((f"shortcut {node.name.id} ", _braces(node.layers, node.braces)), node.span, "shortcut", 1)
        case ast.NetworkDeclaration():
            base = (" = ", *_value(node.base)) if node.base else ()
            body = (" ", _braces(node.members, node.braces)) if node.braces else ()
            parameters = _parameters(node, node.base.span if node.base else node.braces)
            return Entry((f"network {node.name.id}", *parameters, *base, *body), node.span)
        case ast.StudyDeclaration():
            head = (f"study {node.name.id}", *_parameters(node, node.braces), " ")
            return Entry((*head, _braces(node.members, node.braces)), node.span)
        case _:
            assert_never(node)


def _parameters(
    node: ast.BlockDeclaration | ast.NetworkDeclaration | ast.StudyDeclaration, after: Span | None
) -> Parts:
    """The parameters; as far as comments are concerned, their brackets reach from the name to what is `after` them."""
    if not node.parameters:
        return ()
    end = (after.line, after.column) if after else (node.span.end_line, node.span.end_column)
    span = Span(node.span.file, node.name.span.line, node.name.span.column, *end)
    return (Body(ROUND, tuple(entry(parameter) for parameter in node.parameters), span),)


def _stage(node: ast.Stage) -> Entry:
    head = f"stage {node.name.id}{_after_blank(node.title)}"
    if node.braced:
        body = _braces(node.items, node.braces or node.span)
        return Entry((f"{head} ", body), node.span)
    settings = (" ", _braces(node.settings, node.braces)) if node.braces else ()
    run = tuple(part for item in node.items if isinstance(item, ast.Repeat) for part in _repeat(item))
    return Entry((f"{head}: ", *run, *settings), node.span, "stage", 1)


def _repeat(node: ast.Repeat) -> Parts:
    stride = (", ", *_item(node.stride)) if node.stride else ()
    return (*_value(node.count), " x ", *_value(node.call), *stride)


def _statement(node: ast.Statement) -> Entry:
    label = f"{node.label.id}: " if node.label else ""
    items = [part for item in node.items for part in (", ", *_item(item))]
    head = f"{label}{node.keyword.id}{' ' if items else ''}"
    match node:
        case ast.Statement(keyword=ast.Name(id="title" | "cite" | "note"), items=(ast.Positional(value=ast.String()),)):
            return Entry((head, *items[1:]), node.span, "text", 1)
    return Entry((head, *items[1:]), node.span)


def _braces(nodes: Sequence[Node], span: Span) -> Body:
    return Body(BRACES, tuple(entry(node) for node in nodes), span, bool(nodes) and span.line != span.end_line)


def _item(node: ast.Item) -> Parts:
    match node:
        case ast.Positional():
            word = f" {node.word.id}" if isinstance(node.word, ast.Name) else _after_blank(node.word)
            return (*_value(node.value), word)
        case ast.Named():
            return (f"{node.name.id} = ", *_value(node.value))
        case ast.Stride():
            return ("/", *_value(node.value))
        case _:
            assert_never(node)


def _value(node: ast.Value) -> Parts:
    match node:
        case ast.Number() | ast.Size():
            return (node.text,)
        case ast.Moment():
            return (" ".join(node.text.split()),)
        case ast.Name():
            return (node.id,)
        case ast.String():
            return (f'"{node.text}"',)
        case ast.Negative():
            return ("-", *_value(node.operand))
        case ast.Arithmetic():
            rest = (part for operator, operand in node.rest for part in (f" {operator} ", *_value(operand)))
            return (*_value(node.first), *rest)
        case ast.Group():
            return (Body(GROUP, (entry(node.inner),), node.span),)
        case ast.ListValue():
            return (Body(SQUARE, tuple(entry(item) for item in node.items), node.span),)
        case ast.Call():
            return (node.name.id, Body(ROUND, tuple(entry(item) for item in node.items), node.span))
        case _:
            assert_never(node)


def _after_blank(text: ast.String | None) -> str:
    return f' "{text.text}"' if text else ""
