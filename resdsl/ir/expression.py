"""Formulas as data: arithmetic in the words of a block's author, `filters * expansion`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import add, floordiv, mul, sub
from typing import Final, Literal, assert_never

Real = int | float
Operator = Literal["+", "-", "*", "//"]
_OPERATORS: Final[Mapping[Operator, Callable[[Real, Real], Real]]] = {"+": add, "-": sub, "*": mul, "//": floordiv}
_BINDS: Final[Mapping[Operator, int]] = {"+": 1, "-": 1, "*": 2, "//": 2}
# What changes nothing: an operand on the right, and on the left.
_NEUTRAL_RIGHT: Final[Mapping[Operator, int]] = {"+": 0, "-": 0, "*": 1, "//": 1}
_NEUTRAL_LEFT: Final[Mapping[Operator, int]] = {"+": 0, "*": 1}


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    number: Real


@dataclass(frozen=True, slots=True)
class Variable:
    """A parameter; in a block also `in` and `stride`, in a shortcut `out`."""

    name: str


@dataclass(frozen=True, slots=True)
class Negation:
    """`-operand`."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Operation:
    """`left operator right`."""

    operator: Operator
    left: Expression
    right: Expression


Expression = Number | Variable | Negation | Operation


def value(expression: Expression, environment: Mapping[str, Real]) -> Real:
    """What an expression comes to; raises KeyError for an unknown name and ZeroDivisionError."""
    match expression:
        case Number():
            return expression.number
        case Variable():
            return environment[expression.name]
        case Negation():
            return -value(expression.operand, environment)
        case Operation():
            left, right = value(expression.left, environment), value(expression.right, environment)
            return _OPERATORS[expression.operator](left, right)
        case _:
            assert_never(expression)


def names(expression: Expression) -> frozenset[str]:
    """The names in an expression."""
    match expression:
        case Number():
            return frozenset()
        case Variable():
            return frozenset({expression.name})
        case Negation():
            return names(expression.operand)
        case Operation():
            return names(expression.left) | names(expression.right)
        case _:
            assert_never(expression)


def substituted(expression: Expression, meanings: Mapping[str, Expression]) -> Expression:
    """`expression` with others in the place of its names, simplified where a factor is 1 or a term 0."""
    match expression:
        case Number():
            return expression
        case Variable():
            return meanings.get(expression.name, expression)
        case Negation():
            return Negation(substituted(expression.operand, meanings))
        case Operation():
            left, right = substituted(expression.left, meanings), substituted(expression.right, meanings)
            return operation(expression.operator, left, right)
        case _:
            assert_never(expression)


def operation(operator: Operator, left: Expression, right: Expression) -> Expression:
    """`left operator right`, simplified."""
    match left, right:
        case Number(number=first), Number(number=second) if second or operator != "//":
            return Number(_OPERATORS[operator](first, second))
        case Operation(operator="*", right=Number(number=first)), Number(number=second) if (
            operator == "//" and second and first % second == 0
        ):
            return operation("*", left.left, Number(first // second))
        case _, Number(number=second) if second == _NEUTRAL_RIGHT[operator]:
            return left
        case Number(number=first), _ if first == _NEUTRAL_LEFT.get(operator):
            return right
        case _:
            return Operation(operator, left, right)


def text(expression: Expression, binds: int = 0) -> str:
    """Python's text of an expression, in brackets where it stands in one that `binds` as strongly."""
    match expression:
        case Number():
            return str(expression.number)
        case Variable():
            return expression.name
        case Negation():
            inner = f"-{text(expression.operand, 2)}"
            return f"({inner})" if binds > 2 else inner
        case Operation():
            own = _BINDS[expression.operator]
            inner = f"{text(expression.left, own - 1)} {expression.operator} {text(expression.right, own)}"
            return f"({inner})" if binds >= own else inner
        case _:
            assert_never(expression)
