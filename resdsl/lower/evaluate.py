"""Values of the text as Python's: arithmetic on parameters, and one reader for each kind of argument."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import assert_never

from resdsl.codes import N001, N003, N004, S001, S002
from resdsl.diagnostics import Fix, Span
from resdsl.ir import expression
from resdsl.ir.expression import Expression, Real
from resdsl.ir.shape import Pair
from resdsl.lower.effort import check_terms
from resdsl.lower.habits import habit
from resdsl.lower.mistake import Mistake, mistake
from resdsl.suggest import nearest, remedy
from resdsl.syntax import ast
from resdsl.syntax.parse import EVERYTHING
from resdsl.word import FLAGS, TRUE, ZERO, shown

LIMIT = 2**53
UNKNOWN = float("nan")  # the value of a parameter that has none yet, where only names are looked at
_SUFFIX = {"k": 10**3, "M": 10**6, "G": 10**9}


@dataclass(frozen=True, slots=True)
class Scope:
    """The parameters in reach, and the words of statements that could not be read (about which nothing is said twice).

    `pairs` are those that differ between rows and columns: a stride of 2x1.
    """

    values: Mapping[str, Real] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    pairs: Mapping[str, Pair] = field(default_factory=dict)

    def extended(self, values: Mapping[str, Real]) -> Scope:
        return Scope({**self.values, **values}, self.lost, self.pairs)

    def with_stride(self, stride: Pair) -> Scope:
        """With the stride of a block."""
        rows, columns = stride
        if rows == columns:
            return self.extended({"stride": rows})
        return Scope(self.values, self.lost, {"stride": stride})

    @property
    def stride(self) -> Pair:
        """The stride of a block."""
        rows = self.values.get("stride", 1)
        return self.pairs.get("stride") or (int(rows), int(rows))


def unknown(word: ast.Name, known: Collection[str], kind: str, scope: Scope) -> Mistake:
    """The mistake of an unknown name, a `layer` or an `argument of conv`; silent where its declaration was lost."""
    if word.id in scope.lost or (scope.lost >= EVERYTHING and kind in {"block", "shortcut", "network"}):
        return Mistake(None)
    noun, of, owner = kind.partition(" of ")
    message = f"unknown {noun} '{word.id}'{of}{owner}"
    if instead := habit(word.id, noun):
        return mistake(N001, word.span, message, instead)
    near = nearest(word.id, known)
    fix = Fix(word.span, near) if near else None
    return mistake(N001, word.span, message, remedy(word.id, known, kind), fix=fix)


def number(node: ast.Number) -> Real:
    """The value of a literal: an int where it is whole (`64`, `1.7M`, `1e3`), else a float (`0.1`, `1.0`)."""
    text = node.text.replace("_", "")
    suffix = _SUFFIX.get(text[-1], 1)
    try:
        value = Decimal(text.rstrip("kMG"))
    except InvalidOperation:
        raise mistake(S002, node.span, f"'{node.text[:30]}' is not a number", "write 64, 0.1, 64k or 1e-4") from None
    if len(text) > 40 or abs(value.adjusted()) > 30 or abs(value * suffix) > LIMIT:
        raise _too_big(node.span)
    value *= suffix
    whole = value == value.to_integral_value() and ("." not in text or suffix > 1)
    return int(value) if whole else float(value)


def literal(value: Real, span: Span) -> ast.Expression:
    """How a number is written."""
    node = ast.Number(shown(abs(value)), span)
    return ast.Negative(node, span) if value < 0 else node


def is_unknown(value: Real) -> bool:
    """Whether a value is UNKNOWN, or was computed from it."""
    return math.isnan(value)


def _too_big(span: Span) -> Mistake:
    return mistake(N004, span, "this number is out of range", "stay below 2^53")


def real(value: ast.Value, scope: Scope) -> Real:
    """The number that an expression stands for."""
    match value:
        case ast.Number():
            return number(value)
        case ast.Name():
            if value.id in scope.pairs:
                raise _no_number(value, scope.pairs[value.id])
            if value.id not in scope.values:
                raise unknown(value, scope.values, "parameter", scope)
            return scope.values[value.id]
        case ast.Group():
            return real(value.inner, scope)
        case ast.Negative():
            return -real(value.operand, scope)
        case ast.Arithmetic():
            return _arithmetic(value, scope)
        case _:
            raise mistake(N003, value.span, "expected a number here", "write a number or arithmetic on parameters")


def _no_number(name: ast.Name, found: Pair) -> Mistake:
    message = f"{name.id} is {found[0]}x{found[1]} here, which is no number"
    return mistake(N003, name.span, message, f"write /{name.id}, without arithmetic")


def _arithmetic(node: ast.Arithmetic, scope: Scope) -> Real:
    check_terms(node)
    total = real(node.first, scope)
    for operator, operand in node.rest:
        if operator == "//" and isinstance(operand, ast.Name) and operand.id not in scope.values:
            raise comment_sign(operand.span)
        other = real(operand, scope)
        match operator:
            case "+":
                total += other
            case "-":
                total -= other
            case "*":
                total *= other
            case "//":
                if other == 0:
                    raise mistake(N004, operand.span, "division by zero", "divide by a positive number")
                total //= other
            case _:
                assert_never(operator)
        if abs(total) > LIMIT:
            raise _too_big(node.span)
    return total


def comment_sign(span: Span) -> Mistake:
    """The mistake of `conv 3x3, 64 // the stem`."""
    return mistake(
        S001, span, "// divides, and no parameter stands after it", "a comment starts with #: write # instead of //"
    )


def integer(value: ast.Value, scope: Scope, what: str, least: int = 1) -> int:
    """An integer of at least `least`."""
    found = real(value, scope)
    if is_unknown(found):
        return least
    if not isinstance(found, int):
        raise mistake(N004, value.span, f"{what} is {found}", "write a whole number")
    if found < least:
        asked = "a positive integer" if least == 1 else f"an integer from {least}"
        raise mistake(N004, value.span, f"{what} is {found}", f"write {asked}")
    return found


def decimal(value: ast.Value, scope: Scope, what: str, least: float = 0.0, below: float = float("inf")) -> float:
    """A number in [least, below)."""
    found = float(real(value, scope))
    if is_unknown(found):
        return least
    if not least <= found < below:
        reach = f"at least {least:g}" if below == float("inf") else f"from {least:g} up to, not including, {below:g}"
        raise mistake(N004, value.span, f"{what} is {found:g}", f"write a number {reach}")
    return found


def sides(value: ast.Value, scope: Scope, what: str, least: int = 1) -> tuple[int, int]:
    """Rows and columns: `3x5`, or one number for both."""
    if isinstance(value, ast.Name) and value.id in scope.pairs:
        return scope.pairs[value.id]
    if not isinstance(value, ast.Size):
        side = integer(value, scope, what, least)
        return side, side
    parts = size(value, 2, "KxK, for example 3x3", least)
    return parts[0], parts[1]


def size(value: ast.Value, count: int, example: str, least: int = 1) -> tuple[int, ...]:
    """The numbers of a size of `count` parts."""
    if not isinstance(value, ast.Size) or value.text.count("x") != count - 1:
        raise mistake(N003, value.span, "expected a size here", f"write {example}")
    if len(value.text) > 40:
        raise _too_big(value.span)
    parts = tuple(int(part) for part in value.text.split("x"))
    if any(part < least for part in parts):
        raise mistake(N004, value.span, f"{value.text} has a side of 0", f"write {example}")
    return parts


def padding(value: ast.Value, scope: Scope, what: str, filled: bool) -> tuple[Pair, Pair] | str:
    """The pixels before and after a map: `1`, `1x2`, `[0, 1]`; or the word for zeros, where it can be `filled`."""
    if filled and isinstance(value, ast.Name) and value.id == ZERO.name:
        return ZERO.name
    if not isinstance(value, ast.ListValue):
        around = sides(value, scope, what, least=0)
        return around, around
    if len(value.items) != 2:
        found = f"{what} has {len(value.items)} values"
        raise mistake(N003, value.span, found, "write the pixels before the map and after it: pad = [0, 1]")
    before, after = (sides(item, scope, what, least=0) for item in value.items)
    return before, after


def flag(value: ast.Value, scope: Scope, what: str) -> bool:
    """`true` or `false`."""
    words = tuple(each.name for each in FLAGS)
    if not isinstance(value, ast.Name):
        raise mistake(N003, value.span, f"expected the value of {what} here", f"choose one of {', '.join(words)}")
    if value.id not in words:
        raise unknown(value, words, f"value of {what}", scope)
    return value.id == TRUE.name


def formula(value: ast.Value) -> Expression | None:
    """An expression in its author's terms; None for what is no arithmetic."""
    match value:
        case ast.Number():
            return expression.Number(number(value))
        case ast.Name():
            return expression.Variable(value.id)
        case ast.Group():
            return formula(value.inner)
        case ast.Negative():
            operand = formula(value.operand)
            return operand and expression.Negation(operand)
        case ast.Arithmetic():
            found = formula(value.first)
            for operator, operand_ in value.rest:
                right = formula(operand_)
                found = found and right and expression.Operation(operator, found, right)
            return found
        case _:
            return None


def is_literal(found: Expression) -> bool:
    """Whether an expression is only a number."""
    match found:
        case expression.Negation(operand=operand):
            return is_literal(operand)
        case _:
            return isinstance(found, expression.Number)
