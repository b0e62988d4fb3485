"""Stages, and the helpers that make them, as PyTorch."""

from __future__ import annotations

import re
from collections.abc import Iterator

from resdsl.plan.layout import INDENT, WIDTH, Group, Text, call, laid_out
from resdsl.plan.model import Helper, Member, Run, Stage
from resdsl_torch.constructors import constructor, named_sequence

# For a stage in which a second run of blocks follows on layers with names.
NUMBERED = '''\
def numbered(stage: nn.Sequential, start: int) -> list[tuple[str, nn.Module]]:
    """The blocks of a stage under the names `start`, `start + 1`, ..."""
    return [(str(number), block) for number, block in enumerate(stage, start)]'''
# Longer unions of classes are not worth reading.
MOST_CLASSES = 3


def helper(function: Helper) -> Iterator[str]:
    """The function that makes runs of blocks."""
    own = [parameter.name for parameter in function.classes[0].parameters]
    only = "; only the first strides" if "stride" in own else ""
    parameters = (f"block: {_classes(function)}", *map(str, function.parameters))
    yield from laid_out("def ", call(function.name, parameters), " -> nn.Sequential:")
    yield f'{INDENT}"""`blocks` blocks in a row, each for the channels that the last one leaves{only}."""'
    yield from laid_out("first = ", call("block", own), level=1)
    yield from _rest(function)
    yield f"{INDENT}return nn.Sequential(first, *rest)"


def stage(part: Stage) -> Iterator[str]:
    """The lines that make a stage a member of the network."""
    modules = _modules(part)
    comment = f"  # {part.title}" if re.fullmatch(r"[\w +-]+", part.title, re.ASCII) else ""
    lines = list(laid_out(f"self.{part.name} = ", modules, level=2))
    fits = len(lines) == 1 and len(lines[0] + comment) <= WIDTH
    yield from (f"{line}{comment}" if fits else line for line in lines)


def needs_numbered(part: Stage) -> bool:
    """Whether the stage has a run of blocks behind others and layers with names."""
    return not part.in_order and any(isinstance(item, Run) and item.start for item in part.parts)


def _rest(function: Helper) -> Iterator[str]:
    again = call("block", function.rest)
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
        return "Callable[..., nn.Module]"
    return " | ".join(f"type[{block.name}]" for block in function.classes)


def _modules(part: Stage) -> Group:
    match part.parts:
        case [Run() as run]:
            return _call(run)
        case parts if part.in_order:
            modules = (_call(item, "*") if isinstance(item, Run) else constructor(item) for item in parts)
            return Group("nn.Sequential(", tuple(modules), broken=len(parts) > 2)
        case parts:
            return named_sequence([_pairs(item) for item in parts])


def _call(run: Run, star: str = "") -> Group:
    given = {**dict(run.arguments), "blocks": run.blocks}
    names = [parameter.name for parameter in run.helper.parameters if parameter.name in given]
    return call(f"{star}{run.helper.name}", (run.block.name, *(f"{name}={given[name]}" for name in names)))


def _pairs(item: Run | Member) -> Text:
    match item:
        case Member():
            return Group("(", (f'"{item.name}"', constructor(item)))
        case Run(start=0):
            made = _call(item, "*")
            return Group(made.head, made.items, ").named_children()")
        case _:
            return call("*numbered", (_call(item), str(item.start)))
