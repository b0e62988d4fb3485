"""Stages, and the helpers that make them, as PyTorch."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.codegen.layout import INDENT, Group, Text, call, laid_out
from resdsl.codegen.model import Helper, Member, Run, Stage
from resdsl.codegen.stage_text import arguments, classes, docstring, rest, titled
from resdsl_torch.constructors import constructor, named_sequence

# For a stage in which a second run of blocks follows on layers with names.
NUMBERED = '''\
def numbered(stage: nn.Sequential, start: int) -> list[tuple[str, nn.Module]]:
    """The blocks of a stage under the names `start`, `start + 1`, ..."""
    return [(str(number), block) for number, block in enumerate(stage, start)]'''


def helper(function: Helper) -> Iterator[str]:
    """The function that makes runs of blocks."""
    own = (parameter.name for parameter in function.classes[0].parameters)
    parameters = (f"block: {classes(function, 'nn.Module')}", *map(str, function.parameters))
    yield from laid_out("def ", call(function.name, parameters), " -> nn.Sequential:")
    yield docstring(function)
    yield from laid_out("first = ", call("block", own), level=1)
    yield from rest(function, call("block", function.rest))
    yield f"{INDENT}return nn.Sequential(first, *rest)"


def stage(part: Stage) -> list[str]:
    """The lines that make a stage a member of the network."""
    return titled(part, laid_out(f"self.{part.name} = ", _modules(part), level=2))


def needs_numbered(part: Stage) -> bool:
    """Whether the stage has a run of blocks behind others and layers with names."""
    return not part.in_order and any(isinstance(item, Run) and item.start for item in part.parts)


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
    return call(f"{star}{run.helper.name}", arguments(run))


def _pairs(item: Run | Member) -> Text:
    match item:
        case Member():
            return Group("(", (f'"{item.name}"', constructor(item)))
        case Run(start=0):
            return Group(f"*{item.helper.name}(", arguments(item), ").named_children()")
        case _:
            return call("*numbered", (_call(item), str(item.start)))
