"""Arguments to parameters, and their values: one reader for layers, blocks, settings, networks and recipes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from resdsl.codes import N002, N003, N004
from resdsl.diagnostics import Span
from resdsl.ir.expression import Real
from resdsl.lower.evaluate import Scope, comment_sign, decimal, flag, integer, padding, sides, unknown
from resdsl.lower.mistake import mistake
from resdsl.lower.moments import moment, moments
from resdsl.syntax import ast
from resdsl.word import (
    DERIVED,
    NONE,
    Choice,
    Decimal,
    Decimals,
    Flag,
    Integer,
    Kind,
    MomentOf,
    Moments,
    Names,
    OneOf,
    Padding,
    Parameter,
    Range,
    Sides,
    Word,
)

Bound = Mapping[str, ast.Value]


def bind(word: Word, items: tuple[ast.Item, ...], place: Span, scope: Scope) -> dict[str, ast.Value]:
    """The value given for each parameter of `word`. Raises Mistake for what does not fit."""
    bound: dict[str, ast.Value] = {}
    positions = iter(word.positional)
    for item in items:
        name = _meant(word, item, positions, scope)
        if name in bound:
            raise mistake(N002, item.span, f"{name} is given twice", "keep one of them")
        bound[name] = item.value
    _check_complete(word, bound, place)
    return bound


def _meant(word: Word, item: ast.Item, positions: Iterator[Parameter], scope: Scope) -> str:
    """The name of the parameter that `item` gives a value for; `positions` are those that no item was meant for yet."""
    match item:
        case ast.Stride():
            if word.stride is None:
                raise mistake(N003, item.span, f"{word.name} takes no stride", "remove it")
            return word.stride.name
        case ast.Named():
            if not word.parameters:
                raise mistake(N003, item.span, f"{word.name} takes no arguments", "remove it")
            if word.parameter(item.name.id) is None:
                names = tuple(parameter.name for parameter in word.parameters)
                raise unknown(item.name, names, f"argument of {word.name}", scope)
            return item.name.id
        case ast.Positional():
            if item.word is not None and isinstance(item.value, ast.Arithmetic) and item.value.rest[-1][0] == "//":
                raise comment_sign(item.span)
            if item.word is not None:
                raise mistake(N003, item.word.span, f"unexpected '{_text(item.word)}'", "remove it, or add a comma")
            parameter = next(positions, None)
            if parameter is None:
                further = "further value" if word.positional else "value"
                raise mistake(N003, item.span, f"{word.name} takes no {further}", word.takes())
            return parameter.name
        case _:
            assert_never(item)


def _check_complete(word: Word, bound: Bound, place: Span) -> None:
    """Raises Mistake where something is lacking."""
    for parameter in word.parameters:
        if parameter.required and parameter.name not in bound:
            raise mistake(N003, place, f"{word.name} needs {parameter.name}", word.takes())
    if word.bare and bound and word.positional[0].name not in bound:
        extra = next(iter(bound.values()))
        raise mistake(N003, extra.span, f"{word.bare} takes no arguments", f"write a size: {word.name} 2x2, /2")
    if word.stride and word.stride.required and word.stride.name not in bound:
        raise mistake(N003, place, f"{word.name} needs a stride", f"write {word.name} /2")


def values(word: Word, bound: Bound, scope: Scope) -> dict[str, Any]:
    """The value of every parameter of `word`: as given, or by default (None, where that depends on the others)."""
    parameters = {
        parameter.name: parameter for parameter in (*word.parameters, *([word.stride] if word.stride else []))
    }
    found = {name: parameter.otherwise for name, parameter in parameters.items()}
    return found | {name: read(parameters[name], value, scope) for name, value in bound.items()}


def read(parameter: Parameter, value: ast.Value, scope: Scope) -> Any:
    """The value of one argument; raises Mistake where it is not of the parameter's kind."""
    return read_kind(parameter.kind, value, scope, parameter.title)


def read_kind(kind: Kind, value: ast.Value, scope: Scope, title: str) -> Any:
    """A value of some kind, called `title` in findings."""
    match kind:
        case Integer():
            return integer(value, scope, title, kind.least)
        case Decimal():
            return decimal(value, scope, title, kind.least, kind.below)
        case Sides():
            return sides(value, scope, title, kind.least)
        case Padding():
            return padding(value, scope, title, kind.filled)
        case Flag():
            return flag(value, scope, title)
        case MomentOf():
            return moment(value, scope, title)
        case Moments():
            return moments(value, scope, title)
        case Decimals():
            return _decimals(value, scope, title, kind.positive)
        case Range():
            return _range(value, scope, title)
        case Names():
            return _names(value, kind.what)
        case OneOf():
            return choice(kind, value, scope)
        case _:
            assert_never(kind)


def choice(kind: OneOf, value: ast.Value, scope: Scope) -> Choice | None:
    """The word that `value` names among several, with the values of its arguments; None for `none`."""
    word, given = chosen(kind, value, scope)
    if word.name == NONE:
        return None
    return Choice(word.name, tuple(given.items()))


def chosen(kind: OneOf, value: ast.Value, scope: Scope) -> tuple[Word, dict[str, Any]]:
    """The same, `none` among the others."""
    word, bound = called(kind, value, scope)
    return word, values(word, bound, scope)


def called(kind: OneOf, value: ast.Value, scope: Scope) -> tuple[Word, Bound]:
    """The word that `value` names among several, and what it gives for each of its parameters."""
    name = value.name if isinstance(value, ast.Call) else value
    names = tuple(word.name for word in kind.words)
    if not isinstance(name, ast.Name):
        raise mistake(N003, value.span, f"expected the {kind.what} here", f"choose one of {', '.join(names)}")
    if name.id not in names:
        raise unknown(name, names, kind.what, scope)
    word = kind.words[names.index(name.id)]
    return word, bind(word, value.items if isinstance(value, ast.Call) else (), value.span, scope)


def bind_call(call: ast.Call, parameters: tuple[ast.Parameter, ...], scope: Scope) -> dict[str, ast.Value]:
    """The value that a call of a block or a network gives for each of its `parameters`, all of them numbers (Mistake)."""
    word = Word(call.name.id, "", tuple(Parameter(each.name.id, Decimal(), "", DERIVED) for each in parameters))
    return bind(word, call.items, call.span, scope)


def _decimals(value: ast.Value, scope: Scope, title: str, positive: bool) -> tuple[float, ...]:
    found = tuple(decimal(item, scope, title) for item in ast.listed(value))
    if positive and 0 in found:
        raise mistake(N004, value.span, f"{title} is 0", "write numbers above 0")
    return found


def _range(value: ast.Value, scope: Scope, title: str) -> tuple[Real, Real]:
    found = [integer(item, scope, title) for item in ast.listed(value)]
    if len(found) == 1:
        return found[0], found[0]
    if len(found) != 2 or found[0] > found[1]:
        raise mistake(N004, value.span, "expected a range of sides", "write [256, 480]")
    return found[0], found[1]


def _names(value: ast.Value, what: str) -> tuple[str, ...]:
    """Whether each is known, the caller sees to."""
    for item in (found := ast.listed(value)):
        if not isinstance(item, ast.Name):
            raise mistake(
                N003, item.span, f"expected the name of a {what} here", "write names alone: [plain, residual]"
            )
    return tuple(item.id for item in found if isinstance(item, ast.Name))


def _text(word: ast.Name | ast.String) -> str:
    return word.id if isinstance(word, ast.Name) else word.text
