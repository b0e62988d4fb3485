"""Formulas as data: what they come to, how they are simplified, and how Python writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec_text import checked

from resdsl.ir.expression import (
    Expression,
    Negation,
    Number,
    Operation,
    Variable,
    names,
    operation,
    substituted,
    text,
    value,
)

FORMULAS = {
    "filters * 1": "filters",
    "1 * filters": "filters",
    "filters + 0": "filters",
    "filters // 1": "filters",
    "expansion * filters": "4 * filters",
    "filters * expansion * one": "filters * 4",
    "(filters + expansion) * one": "filters + 4",
    "half * (filters - expansion)": "(filters + 1) * (filters - 4)",
    "filters - (filters - expansion)": "filters - (filters - 4)",
    "filters * (expansion - 2) // 2": "filters",
    "expansion // 2": "2",
    "-filters": "-filters",
    "filters - -expansion": "filters - -4",
    "filters // zero": "filters // 0",
}
WORDS = {
    "expansion": Number(4),
    "one": Number(1),
    "half": operation("+", Variable("filters"), Number(1)),
    "zero": Number(0),
}
assert FORMULAS


def written(formula: str) -> Expression:
    """The expression that a block's author writes."""
    found = checked(f"""
        block b(filters, expansion = 4, one = 1, half = 2, zero = 1) {{ conv 1x1, filters + 0 * ({formula}) }}
        network n {{ input 3x8x8; shortcut none; stage s: 1 x b(8); head {{ avgpool; linear 2 }} }}
    """)
    layer = found.networks["n"].blocks[0].branch[0]
    whole = layer.formulas["filters"]
    assert isinstance(whole, Operation)
    assert isinstance(whole.right, Operation)
    return whole.right.right


@pytest.mark.parametrize(("formula", "simple"), FORMULAS.items())
def test_formulas_are_substituted_and_simplified(formula: str, simple: str) -> None:
    assert text(substituted(written(formula), WORDS)) == simple


def test_names_and_values() -> None:
    formula = Operation("-", Operation("//", Variable("a"), Number(2)), Negation(Variable("b")))
    assert names(formula) == {"a", "b"}
    assert value(formula, {"a": 5, "b": 1}) == 3
    with pytest.raises(KeyError):
        value(formula, {"a": 5})


def expressions() -> st.SearchStrategy[Expression]:
    leaves = st.builds(Number, st.integers(0, 9)) | st.builds(Variable, st.sampled_from("abc"))
    operators = st.sampled_from(["+", "-", "*", "//"])
    return st.recursive(
        leaves, lambda inner: st.builds(Negation, inner) | st.builds(Operation, operators, inner, inner), max_leaves=8
    )


@given(expressions(), st.tuples(*[st.integers(0, 9)] * 3))
def test_text_and_simplification_keep_the_value(expression: Expression, numbers: tuple[int, int, int]) -> None:
    environment = dict(zip("abc", numbers, strict=True))
    try:
        expected = value(expression, environment)
    except ZeroDivisionError:
        return
    assert eval(text(expression), {}, dict(environment)) == expected  # Python's own reading of what we print
    assert value(substituted(expression, {}), environment) == expected
    assert value(substituted(expression, {"a": Number(numbers[0])}), environment) == expected
