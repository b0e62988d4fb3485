"""A network with all that it inherits written out, and every parameter as the number that it is."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from typing import Any, assert_never

from resdsl.diagnostics import Span
from resdsl.ir.expression import Real
from resdsl.language.words import SETTINGS, TEXTS
from resdsl.lower.derive import Flat, flatten
from resdsl.lower.evaluate import Scope, literal, real
from resdsl.lower.library import Library
from resdsl.lower.mistake import PRELUDE, Report
from resdsl.syntax import ast
from resdsl.syntax.format import formatted
from resdsl.syntax.parse import plain_text
from resdsl.syntax.pretty import entry, flat


def expanded(
    declaration: ast.NetworkDeclaration, values: Mapping[str, Real], library: Library, without: Container[Span] = ()
) -> str:
    """The text of a file that declares this network alone, with the blocks that it needs; raises Mistake.

    Its allows at the places `without` are left out.
    """
    found = flatten(declaration, values, library, Report())
    found.allows = [allow for allow in found.allows if allow.span not in without]
    members = _members(found)
    body = "\n".join(flat(entry(member).parts) for member in members)
    network = f"network {declaration.name.id} {{\n{body}\n}}\n"
    return formatted("expanded", "\n".join([*_declarations(network, library), network]))


def _declarations(text: str, library: Library) -> list[str]:
    """The blocks and shortcuts that `text` names, and those that these name, as they are declared."""
    needed: dict[str, str] = {}
    waiting = [text]
    own: dict[str, ast.BlockDeclaration | ast.ShortcutDeclaration] = {**library.blocks, **library.shortcuts}
    while waiting:
        for word in dict.fromkeys(re.findall(r"[A-Za-z_]\w*", waiting.pop())):
            if word in own and word not in needed and own[word].span.file != PRELUDE:
                span = own[word].span
                needed[word] = span.cut(plain_text(library.sources[span.file]).split("\n")) + "\n"
                waiting.append(needed[word])
    return list(reversed(needed.values()))


def _members(found: Flat) -> Iterator[ast.Member]:
    """The members in their usual order."""
    for name in (*TEXTS, *SETTINGS):
        if name in found.settings:
            yield _statement(*found.settings[name])
    for name in ("stem", "stages", "head"):
        if name == "stages":
            yield from (_stage(stage, scope) for stage, scope in found.stages.values())
        elif name in found.sections:
            section, scope = found.sections[name]
            yield replace(section, statements=tuple(_line(line, scope) for line in section.statements))
    for kind, entries in found.entries.items():
        if entries:
            place = next(iter(entries.values()))[0].span
            yield ast.Section(kind, tuple(_statement(*each) for each in entries.values()), place, place)
    yield from found.allows


def _stage(stage: ast.Stage, scope: Scope) -> ast.Stage:
    items = tuple(_line(item, scope) for item in stage.items)
    return replace(stage, items=items, settings=tuple(_line(each, scope) for each in stage.settings))


def _line(line: ast.Repeat | ast.Line | ast.Allow, scope: Scope) -> Any:
    match line:
        case ast.Repeat():
            stride = line.stride and _item(line.stride, scope)
            call = replace(line.call, items=tuple(_item(item, scope) for item in line.call.items))
            settings = tuple(_line(each, scope) for each in line.settings)
            return replace(line, count=_value(line.count, scope), call=call, stride=stride, settings=settings)
        case ast.Statement():
            return _statement(line, scope)
        case ast.Allow() | ast.Hole():
            return line
        case _:
            assert_never(line)


def _statement(statement: ast.Statement, scope: Scope) -> ast.Statement:
    return replace(statement, items=tuple(_item(item, scope) for item in statement.items))


def _item(item: ast.Item, scope: Scope) -> Any:
    return replace(item, value=_value(item.value, scope))


def _value(value: ast.Value, scope: Scope) -> Any:
    """`value` without the network's parameters."""
    match value:
        case ast.Name():
            return literal(scope.values[value.id], value.span) if value.id in scope.values else value
        case ast.Arithmetic() | ast.Group() | ast.Negative():
            return literal(real(value, scope), value.span)
        case ast.ListValue():
            return replace(value, items=tuple(_value(each, scope) for each in value.items))
        case ast.Call():
            return replace(value, items=tuple(_item(item, scope) for item in value.items))
        case ast.Number() | ast.Size() | ast.Moment() | ast.String():
            return value
        case _:
            assert_never(value)
