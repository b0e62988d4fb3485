"""Arithmetic in the words of a block's author, as Python text: `filters * expansion`."""

from __future__ import annotations

import ast
import keyword
import operator
import re
from collections.abc import Callable, Mapping
from functools import cache

Real = int | float
LONGEST = 60  # characters: what is longer is written as a number instead

_OPERATORS: dict[type[ast.operator], Callable[[Real, Real], Real]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}
# What changes nothing: (operator, operand) on the right, and on the left.
_NEUTRAL_RIGHT = {(ast.Add, 0), (ast.Sub, 0), (ast.Mult, 1), (ast.FloorDiv, 1)}
_NEUTRAL_LEFT = {(ast.Add, 0), (ast.Mult, 1)}


def usable(text: str) -> bool:
    """Whether a formula is short and plain enough to stand in a source."""
    return 0 < len(text) <= LONGEST and text.isascii()


def escaped(text: str) -> str:
    """`text` with an underscore behind the words that are Python's: a parameter may be called `lambda`."""
    return re.sub(r"[A-Za-z_]\w*", lambda word: word[0] + "_" * keyword.iskeyword(word[0]), text)


def names(text: str) -> frozenset[str]:
    """The names in a formula."""
    return frozenset(node.id for node in ast.walk(_parsed(text)) if isinstance(node, ast.Name))


def value(text: str, environment: Mapping[str, Real]) -> Real:
    """What a formula comes to; raises KeyError for an unknown name and ZeroDivisionError."""
    return _value(_parsed(text), environment)


def substituted(text: str, words: Mapping[str, str]) -> str:
    """`text` with other formulas in the place of its names, and simplified where a factor is 1 or a term 0."""
    # A fresh tree, since the transformer writes into it.
    return ast.unparse(_Substitution(words).visit(ast.parse(text, mode="eval").body))


@cache
def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _value(node: ast.expr, environment: Mapping[str, Real]) -> Real:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return environment[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, environment)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, environment), _value(right, environment))
        case _:
            raise ValueError(f"not arithmetic: {ast.unparse(node)}")


class _Substitution(ast.NodeTransformer):
    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return _parsed(self._words[node.id]) if node.id in self._words else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.BinOp(left=ast.Constant(), right=ast.Constant(value=divisor)) if divisor:
                return ast.Constant(_value(node, {}))
            case ast.BinOp(right=ast.Constant(value=number)) if (type(node.op), number) in _NEUTRAL_RIGHT:
                return node.left
            case ast.BinOp(left=ast.Constant(value=number)) if (type(node.op), number) in _NEUTRAL_LEFT:
                return node.right
            case _:
                return node
