"""Stages as calls of helpers: a run of blocks is one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from resdsl.codegen.activations import Path
from resdsl.codegen.block_class import FLAG, Arguments
from resdsl.codegen.block_groups import Key, block_key
from resdsl.codegen.members import literal_member
from resdsl.codegen.model import BlockClass, Helper, Member, Run, Stage
from resdsl.codegen.naming import snake_case
from resdsl.ir import network
from resdsl.ir.block import Block
from resdsl.ir.expression import names, value

DEFAULTS: Arguments = {"stride": 1, FLAG: False}


@dataclass(frozen=True, slots=True)
class Call:
    """What makes one block."""

    helper: Helper
    block: BlockClass
    arguments: Arguments


def helpers(blocks: Iterable[BlockClass]) -> list[Helper]:
    """One function per list of parameters and channels that leave: `stage`, if that is one for all."""
    alike: dict[object, list[BlockClass]] = {}
    for block in blocks:
        alike.setdefault((block.parameters, block.channels, block.out), []).append(block)
    if len(alike) == 1:
        return [Helper("stage", tuple(classes)) for classes in alike.values()]
    return [Helper(f"{snake_case(classes[0].name)}_stage", tuple(classes)) for classes in alike.values()]


def stage_of(stage: network.Stage, calls: Mapping[Key, Call]) -> Stage:
    """`stage` as runs of blocks and the layers between them."""
    parts: list[Run | Member] = []
    made = 0
    expected: Arguments | None = None
    for item, safe in zip(stage.items, Path(stage.items).overwrites(), strict=True):
        if not isinstance(item, Block):
            parts.append(replace(literal_member(item), in_place=safe))
            continue
        call = calls[block_key(stage, item)]
        last = parts[-1] if parts else None
        if isinstance(last, Run) and last.block is call.block and call.arguments == expected:
            parts[-1] = replace(last, blocks=last.blocks + 1)
        else:
            given = tuple((name, number) for name, number in call.arguments.items() if DEFAULTS.get(name) != number)
            parts.append(Run(call.helper, call.block, given, made, 1))
        expected = _next(call)
        made += 1
    return Stage(stage.name, stage.title, tuple(parts))


def _next(call: Call) -> Arguments | None:
    """The arguments of a block that continues a run, or None where the helper cannot make one."""
    block, arguments = call.block, call.arguments
    if "stride" in names(block.out):
        return None
    following = {**arguments, block.channels: value(block.out, arguments), **DEFAULTS}
    return {name: following[name] for name in arguments}
