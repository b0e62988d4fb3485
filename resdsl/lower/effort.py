"""How much work a file may ask for: a few lines can mean millions of layers, and a check must come to an end.

Blocks are written once and called many times, networks are derived from one another: what a file means can grow with
the square of its length. All networks of a file share one budget; what counts is about as many microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

from resdsl.codes import G003, S008
from resdsl.diagnostics import Span
from resdsl.lower.mistake import Mistake, mistake
from resdsl.syntax import ast

MAX_TERMS = 100  # in one value
BUDGET = 1_200_000
NETWORK, LAYER, SHARED_LAYER, TERM = 800, 80, 4, 8


@dataclass(slots=True)
class Effort:
    """What the networks of a file have cost so far; `known` is what each statement costs, by its identity."""

    spent: int = 0
    known: dict[int, int] = field(default_factory=dict)

    def spend(self, amount: int, place: Span) -> None:
        """Raises Mistake where the budget is used up: one with a finding, and then others without."""
        self._check()
        self.spent += amount
        if self.spent > BUDGET:
            found = "the file's networks have too many layers, taken together"
            raise mistake(G003, place, found, "split the file, or let equal blocks be one run: 18 x basic(16)")

    def spend_on(self, lines: Iterable[object], place: Span) -> None:
        """The same, to read `lines` once more."""
        self._check()
        for line in lines:
            if id(line) not in self.known:
                self.known[id(line)] = weight((line,))
            self.spend(self.known[id(line)], place)

    def _check(self) -> None:
        if self.spent > BUDGET:
            raise Mistake(None)


def weight(lines: Iterable[object]) -> int:
    """What it costs to read statements, and those in sections and stages among them."""
    total = 0
    for line in lines:
        match line:
            case ast.Statement():
                total += LAYER + TERM * sum(terms(item.value) for item in line.items)
            case ast.Section():
                total += weight(line.statements)
            case ast.Stage():
                total += LAYER + weight(line.items) + weight(line.settings)
            case ast.Call():
                total += LAYER + terms(line)
            case ast.Repeat():
                total += LAYER + TERM * sum(terms(item.value) for item in line.call.items)
    return total


def terms(value: ast.Value) -> int:
    """The numbers and names in a value."""
    match value:
        case ast.Arithmetic():
            return terms(value.first) + sum(terms(operand) for _, operand in value.rest)
        case ast.Group():
            return terms(value.inner)
        case ast.Negative():
            return terms(value.operand)
        case ast.Call():
            return 1 + sum(terms(item.value) for item in value.items)
        case ast.ListValue():
            return sum(map(terms, value.items))
        case ast.Number() | ast.Name() | ast.Size() | ast.Moment() | ast.String():
            return 1
        case _:
            assert_never(value)


def check_terms(value: ast.Arithmetic) -> None:
    """Raises Mistake where an expression is longer than any that a person writes."""
    if terms(value) > MAX_TERMS:
        raise mistake(S008, value.span, f"an expression of more than {MAX_TERMS} terms", "write the number it comes to")
