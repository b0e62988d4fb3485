"""Stages, and the helpers that make them, as NNX."""

from __future__ import annotations

import re
from collections.abc import Iterator

from resdsl.plan.layout import INDENT, WIDTH, Group, Text, call, laid_out
from resdsl.plan.model import Helper, Member, Run, Stage
from resdsl_flax.constructors import RNGS, constructor, keyed, named_sequence

# Longer unions of classes are not worth reading.
MOST_CLASSES = 3


def helper(function: Helper) -> Iterator[str]:
    """The function that makes runs of blocks."""
    own = [parameter.name for parameter in function.classes[0].parameters]
    only = "; only the first strides" if "stride" in own else ""
    parameters = (f"block: {_classes(function)}", *map(str, function.parameters), "*", "rngs: nnx.Rngs")
    yield from laid_out("def ", call(function.name, parameters), " -> nnx.Sequential:")
    yield f'{INDENT}"""`blocks` blocks in a row, each for the channels that the last one leaves{only}."""'
    yield from laid_out("first = ", call("block", (*own, RNGS)), level=1)
    yield from _rest(function)
    yield f"{INDENT}return nnx.Sequential(first, *rest)"


def stage(part: Stage) -> Iterator[str]:
    """The lines that make a stage a member of the network."""
    comment = f"  # {part.title}" if re.fullmatch(r"[\w +-]+", part.title, re.ASCII) else ""
    lines = list(laid_out(f"self.{part.name} = ", _layers(part), level=2))
    fits = len(lines) == 1 and len(lines[0] + comment) <= WIDTH
    yield from (f"{line}{comment}" if fits else line for line in lines)


def _rest(function: Helper) -> Iterator[str]:
    again = call("block", (*function.rest, RNGS))
    comprehension = f"{INDENT}rest = [{again} for _ in range(blocks - 1)]"
    if len(comprehension) <= WIDTH and not function.grows:
        yield comprehension
        return
    yield f"{INDENT}rest = []"
    yield f"{INDENT}for _ in range(blocks - 1):"
    if function.grows:
        yield f"{INDENT * 2}{function.classes[0].channels} = {function.classes[0].out}"
    yield from laid_out("", call("rest.append", (again,)), level=2)


def _classes(function: Helper) -> str:
    if len(function.classes) > MOST_CLASSES:
        return "Callable[..., nnx.Module]"
    return " | ".join(f"type[{block.name}]" for block in function.classes)


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
    given = {**dict(run.arguments), "blocks": run.blocks}
    names = [parameter.name for parameter in run.helper.parameters if parameter.name in given]
    return call(run.helper.name, (run.block.name, *(f"{name}={given[name]}" for name in names), RNGS))


def _pairs(item: Run | Member) -> Text:
    if isinstance(item, Member):
        return keyed(item.name, constructor(item))
    return call("**numbered", (_call(item), *([str(item.start)] if item.start else [])))
