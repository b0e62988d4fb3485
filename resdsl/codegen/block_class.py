"""One class for a group of blocks, or as many as it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from resdsl.codegen.block_forward import Members, Paths
from resdsl.codegen.block_groups import Case, Differs, partition
from resdsl.codegen.downsampling import activation_flag, downsample
from resdsl.codegen.members import channels_of, symbolic_member
from resdsl.codegen.model import BlockClass, Parameter
from resdsl.codegen.naming import describe_block
from resdsl.codegen.symbols import Symbols, symbols
from resdsl.ir.block import Block
from resdsl.ir.expression import Expression, Real, names
from resdsl.ir.layers import Act, Layer

FLAG = "activate_both"
Arguments = Mapping[str, Real]


@dataclass(frozen=True, slots=True)
class Draft:
    """A class that has no name yet, the cases that it serves, and the arguments that each calls it with."""

    block: BlockClass
    cases: tuple[Case, ...]
    arguments: tuple[Arguments, ...]


def drafts(group: Sequence[Case], reserved: frozenset[str]) -> Iterator[Draft]:
    """The classes that serve `group`, as few as there can be."""
    try:
        yield _draft(group, reserved)
    except Differs as differs:
        for part in partition(group, differs.values):
            yield from drafts(part, reserved)


def _draft(group: Sequence[Case], reserved: frozenset[str]) -> Draft:
    blocks = [case.block for case in group]
    first, known = blocks[0], symbols(blocks, reserved)
    main, out = _members([block.shared + block.branch for block in blocks], known, channels_of(known), group[0].zeroed)
    after, _ = _members([block.after for block in blocks], known, out)
    side = downsample(blocks, known, out)
    opening = max(len(block.shared) for block in blocks)
    paths = Paths(first.order, main[:opening], main[opening:], side, after, first.shortcut is not None)
    flag = activation_flag(blocks, side)
    parameters, own = _parameters(known, paths, flag), paths.acts()
    block = BlockClass(
        name="",
        doc=describe_block(first),
        parameters=parameters,
        channels=known.channels,
        out=out,
        members=(*_without_acts(main), *own.values()),
        activate_both=flag,
        downsample=side,
        after=_without_acts(after),
        forward=tuple(paths.forward(own, FLAG if flag else "")),
    )
    arguments = (_arguments(parameters, *pair) for pair in zip(blocks, known.environments, strict=True))
    return Draft(block, tuple(group), tuple(arguments))


def _members(
    rows: Sequence[Sequence[Layer]], known: Symbols, channels: Expression, zeroed: str = ""
) -> tuple[Members, Expression]:
    """One member for the layers that stand at the same place in every block, and the channels that leave the last."""
    found = []
    for layers in zip(*rows, strict=True):
        member, channels = symbolic_member(layers, known, channels, zeroed=bool(zeroed) and layers[0].name == zeroed)
        found.append(member)
    return tuple(found), channels


def _without_acts(members: Members) -> Members:
    return tuple(member for member in members if not isinstance(member.layer, Act))


def _parameters(known: Symbols, paths: Paths, flag: str) -> tuple[Parameter, ...]:
    used = frozenset[str]().union(*(member.names for member in paths.members))
    if paths.side:
        used |= frozenset[str]().union(*(names(each) for pair in paths.side.condition for each in pair))
    told = (Parameter(FLAG, "bool", "False"),) if FLAG in flag else ()
    return known.parameters(used) + told


def _arguments(parameters: Iterable[Parameter], block: Block, values: Arguments) -> Arguments:
    told = bool(block.shared) and not (block.shortcut and block.shortcut.layers)
    return {parameter.name: told if parameter.name == FLAG else values[parameter.name] for parameter in parameters}
