"""The lines of `forward`, as PyTorch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from resdsl.codegen.layout import INDENT, WIDTH, call, laid_out
from resdsl.codegen.model import Add, Apply, Assign, Choose, Flatten, Value, Variable

LEVEL = 2


def forward(lines: Iterable[Assign]) -> Iterator[str]:
    """The method of a class; what does not fit one line is computed in several."""
    yield f"{INDENT}def forward(self, x: Tensor) -> Tensor:"
    for line in lines:
        yield from _statement(line)
    # Not `return self.fc(x)`: what a module returns has no type.
    yield f"{INDENT * LEVEL}return x"


def _statement(line: Assign) -> Iterator[str]:
    text = f"{INDENT * LEVEL}{line.target} = {_expression(line.value)}"
    match line.value:
        case Apply(member=member, source=Variable(name=name)):
            yield from laid_out(f"{line.target} = ", call(f"self.{member.name}", (name,)), level=LEVEL)
        case Apply(member=member, source=source) if len(text) > WIDTH:
            yield from _statement(Assign(line.target, source))
            yield from _statement(Assign(line.target, Apply(member, Variable(line.target))))
        case _:
            yield text


def _expression(value: Value) -> str:
    match value:
        case Variable():
            return value.name
        case Apply():
            return f"self.{value.member.name}({_expression(value.source)})"
        case Flatten():
            return f"torch.flatten({_expression(value.source)}, 1)"
        case Add():
            return f"{_expression(value.branch)} + {_expression(value.shortcut)}"
        case Choose():
            return f"{_expression(value.chosen)} if self.{value.flag} else {_expression(value.otherwise)}"
        case _:
            assert_never(value)
