"""Stages, and the helpers that make them, as NNX."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.codegen.layout import INDENT, Group, Text, call, laid_out
from resdsl.codegen.model import Helper, Member, Run, Stage
from resdsl.codegen.stage_text import arguments, classes, docstring, rest, titled
from resdsl_flax.constructors import RNGS, constructor, keyed, named_sequence


def helper(function: Helper) -> Iterator[str]:
    """The function that makes runs of blocks."""
    own = (parameter.name for parameter in function.classes[0].parameters)
    parameters = (f"block: {classes(function, 'nnx.Module')}", *map(str, function.parameters), "*", "rngs: nnx.Rngs")
    yield from laid_out("def ", call(function.name, parameters), " -> nnx.Sequential:")
    yield docstring(function)
    yield from laid_out("first = ", call("block", (*own, RNGS)), level=1)
    yield from rest(function, call("block", (*function.rest, RNGS)))
    yield f"{INDENT}return nnx.Sequential(first, *rest)"


def stage(part: Stage) -> list[str]:
    """The lines that make a stage a member of the network."""
    return titled(part, laid_out(f"self.{part.name} = ", _layers(part), level=2))


def _layers(part: Stage) -> Group:
    match part.parts:
        case [Run() as run]:
            return _call(run)
        case parts if any(isinstance(item, Member) for item in parts):
            return named_sequence([_pairs(item) for item in parts])
        case runs:
            made = (_call(run) for run in runs if isinstance(run, Run))
            spread = tuple(Group(f"*{group.head}", group.items, ").layers") for group in made)
            return Group("nnx.Sequential(", spread, broken=True)


def _call(run: Run) -> Group:
    return call(run.helper.name, (*arguments(run), RNGS))


def _pairs(item: Run | Member) -> Text:
    if isinstance(item, Member):
        return keyed(item.name, constructor(item))
    return call("**numbered", (_call(item), *([str(item.start)] if item.start else [])))
