"""One class for a group of blocks, or as many as it takes, with the shortcut that some of them have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from resdsl.codegen.block_groups import Case, Differs, partition
from resdsl.codegen.dataflow import Members, Path, Paths
from resdsl.codegen.model import CHANGES_SHAPE, BlockClass, Condition, Downsample, Member, Parameter
from resdsl.codegen.naming import describe_block
from resdsl.codegen.symbols import Symbols, channels_of, symbolic_member, symbols
from resdsl.ir.block import Block
from resdsl.ir.expression import Expression, Number, Real, Variable, names
from resdsl.ir.layers import Act, Layer, Pool

Layers = tuple[Layer, ...]


def downsample(blocks: Sequence[Block], symbols: Symbols, out: Expression) -> Downsample | None:
    """The layers that stand next to some of `blocks`, or None where none has any; raises Differs."""
    rows = [block.shortcut.layers if block.shortcut else () for block in blocks]
    if not any(rows):
        return None
    condition = _shape_condition([bool(row) for row in rows], symbols, out)
    words = {"in": channels_of(symbols), "out": out}
    words |= {name: meaning for name, meaning in symbols.words.items() if name == "stride"}
    pairs = [(row, values) for row, values in zip(rows, symbols.environments, strict=True) if row]
    inside = Symbols(symbols.channels, words, tuple(values for _, values in pairs))
    try:
        return Downsample(_shortcut_members([row for row, _ in pairs], inside), condition)
    except Differs as differs:
        values = iter(differs.values)
        raise Differs([next(values) if row else differs.values[0] for row in rows]) from None


def activation_flag(blocks: Sequence[Block], side: Downsample | None) -> str:
    """When a class pre-activates before its two paths part, if only some of `blocks` do; raises Differs.

    The first block of a network does so without layers in its shortcut, and is told by an argument.
    """
    shared = [bool(block.shared) for block in blocks]
    if all(shared) or not any(shared):
        return ""
    layers = [bool(block.shortcut and block.shortcut.layers) for block in blocks]
    if any(has and not shares for has, shares in zip(layers, shared, strict=True)):
        raise Differs(shared)
    told = "activate_both" if shared != layers else ""
    shape = CHANGES_SHAPE if side and side.condition else ""
    return " or ".join(filter(None, (told, shape)))


def _shape_condition(present: list[bool], symbols: Symbols, out: Expression) -> Condition:
    """When a block has layers in its shortcut: `stride != 1 or channels != filters`; raises Differs."""
    if all(present):
        return ()
    arrive, stride = channels_of(symbols), symbols.words.get("stride")
    terms: list[tuple[Expression, Expression]] = [(stride, Number(1))] if isinstance(stride, Variable) else []
    terms += [(arrive, out)] if out != arrive else []
    for chosen in (terms, *([term] for term in terms)):
        unequal = [_unequal(left, right, symbols) for left, right in chosen]
        if [any(term) for term in zip(*unequal, strict=True)] == present:
            return tuple(chosen)
    raise Differs(present)


def _unequal(left: Expression, right: Expression, symbols: Symbols) -> list[bool]:
    return [a != b for a, b in zip(symbols.values(left), symbols.values(right), strict=True)]


def _shortcut_members(rows: Sequence[Layers], symbols: Symbols) -> tuple[Member, ...]:
    slots, channels = _slots(rows), channels_of(symbols)
    found = []
    for slot in slots:
        member, channels = symbolic_member(slot, symbols, channels)
        # A pool that strides is left out at stride 1; subsampling and padding do nothing there.
        if isinstance(member.layer, Pool) and not all(slot):
            member = replace(member, condition=((member.numbers["stride"][0], Number(1)),))
        found.append(member)
    free = Path([member.layer for member in found]).overwrites()
    return tuple(replace(member, in_place=safe) for member, safe in zip(found, free, strict=True))


def _slots(rows: Sequence[Layers]) -> list[list[Layer | None]]:
    """The layers of equal name side by side, None where a row lacks one, in the order of the text."""
    named = [{layer.name: layer for layer in row} for row in rows]
    places = {layer.name: (layer.span, index) for row in rows for index, layer in enumerate(row)}
    return [[row.get(name) for row in named] for name in sorted(places, key=places.__getitem__)]


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
    rows = [block.shared + case.branch for block, case in zip(blocks, group, strict=True)]
    main, out = _members(rows, known, channels_of(known), group[0].zeroed)
    learned = _learned(blocks, known, out)
    after, _ = _members([block.after for block in blocks], known, out)
    side = downsample(blocks, known, out)
    opening = max(len(block.shared) for block in blocks)
    paths = Paths(
        first.order, first.join, learned, main[:opening], main[opening:], side, after, first.shortcut is not None
    )
    flag = activation_flag(blocks, side)
    parameters, own = _parameters(known, paths, flag), paths.acts()
    block = BlockClass(
        name="",
        doc=describe_block(first),
        parameters=parameters,
        channels=known.channels,
        out=out,
        members=(*learned, *_without_acts(main), *own.values()),
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


def _learned(blocks: Sequence[Block], known: Symbols, out: Expression) -> Members:
    """What the blocks' joins learn with."""
    layers = zip(*(block.join.layers for block in blocks), strict=True)
    return tuple(symbolic_member(each, known, channels_of(known), given={"filters": out})[0] for each in layers)


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
