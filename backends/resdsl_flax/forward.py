"""The lines of `__call__`, as JAX."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from resdsl.codegen.layout import INDENT, WIDTH, Text, call, laid_out
from resdsl.codegen.model import Add, Apply, Assign, Choose, Flatten, Member, Value, Variable
from resdsl.ir.layers import GlobalAvgPool
from resdsl_flax.constructors import function_of, is_function

LEVEL = 2


def forward(lines: Iterable[Assign]) -> Iterator[str]:
    """The method of a class; what does not fit one line is computed in several."""
    yield f"{INDENT}def __call__(self, x: Array) -> Array:"
    *rest, last = lines
    for line in rest:
        yield from _statement(line.target, line.value, f"{line.target} = ")
    yield from _statement(last.target, last.value, "return ")


def _statement(target: str, value: Value, prefix: str) -> Iterator[str]:
    text = f"{INDENT * LEVEL}{prefix}{_expression(value)}"
    match value:
        case Apply(source=Variable()):
            yield from laid_out(prefix, _applied(value), level=LEVEL)
        case Apply(member=member, source=source) if len(text) > WIDTH:
            yield from _statement(target, source, f"{target} = ")
            yield from _statement(target, Apply(member, Variable(target)), prefix)
        case _:
            yield text


def _expression(value: Value) -> str:
    match value:
        case Variable():
            return value.name
        case Apply():
            return str(_applied(value))
        case Flatten(source=Apply(member=Member(layer=GlobalAvgPool()), source=source)):
            return f"{_expression(source)}.mean(axis=(1, 2))"
        case Flatten():
            # In C, H, W order, as everywhere.
            flat = _expression(value.source)
            return f"{flat}.transpose(0, 3, 1, 2).reshape({flat}.shape[0], -1)"
        case Add():
            return f"{_expression(value.branch)} + {_expression(value.shortcut)}"
        case Choose():
            return f"{_expression(value.chosen)} if self.{value.flag} else {_expression(value.otherwise)}"
        case _:
            assert_never(value)


def _applied(value: Apply) -> Text:
    member, source = value.member, _expression(value.source)
    if isinstance(member, Member) and is_function(member):
        function, *options = function_of(member)
        return call(function, (source, *options))
    return call(f"self.{member.name}", (source,))
