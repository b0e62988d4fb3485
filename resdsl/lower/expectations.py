"""The `expect` section: what its author knows of the network from elsewhere, to be held against the analysis (X001)."""

from __future__ import annotations

from collections.abc import Mapping

from resdsl.codes import N003
from resdsl.ir.network import Expectation
from resdsl.language.words import EXPECT
from resdsl.lower.evaluate import Scope, integer, number, size, unknown
from resdsl.lower.mistake import Report, mistake
from resdsl.lower.settings import value_of
from resdsl.syntax import ast


def expectations(entries: Mapping[str, tuple[ast.Statement, Scope]], report: Report) -> tuple[Expectation, ...]:
    """Every entry that can be read."""
    expected = []
    for statement, scope in entries.values():
        with report.collecting():
            expected.append(_expectation(statement, scope))
    return tuple(expected)


def _expectation(statement: ast.Statement, scope: Scope) -> Expectation:
    name = statement.keyword
    if name.id not in EXPECT:
        raise unknown(name, EXPECT, "entry of expect", scope)
    value = value_of(statement)
    if name.id == "map":
        rows, columns = size(value, 2, "HxW, for example 7x7")
        return Expectation("map", (rows, columns), f"{rows}x{columns}", True, value.span)
    if isinstance(value, ast.Number) and value.text[-1] in "kMG":
        found = number(value)
        if not isinstance(found, int):
            raise mistake(N003, value.span, f"{name.id} is not a whole number", "write fewer digits")
        return Expectation(name.id, found, value.text.replace("_", ""), False, value.span)  # type: ignore[arg-type]
    found = integer(value, scope, name.id, least=0)
    return Expectation(name.id, found, f"{found:,}", True, value.span)  # type: ignore[arg-type]
