"""The shortcut of a class: which blocks have layers in it, which pre-activate for it, and how the class can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from resdsl.codegen.activations import Path
from resdsl.codegen.block_groups import Differs
from resdsl.codegen.members import channels_of, symbolic_member
from resdsl.codegen.model import Condition, Downsample, Member
from resdsl.codegen.symbols import Symbols
from resdsl.ir.block import Block
from resdsl.ir.expression import Expression, Number, Variable
from resdsl.ir.layers import Layer, Pool

CHANGES_SHAPE = "changes_shape"
Layers = tuple[Layer, ...]


def downsample(blocks: Sequence[Block], symbols: Symbols, out: Expression) -> Downsample | None:
    """The layers that stand beside some of `blocks`, or None where none has any; raises Differs."""
    rows = [block.shortcut.layers if block.shortcut else () for block in blocks]
    if not any(rows):
        return None
    condition = _shape_condition([bool(row) for row in rows], symbols, out)
    words = {"in": channels_of(symbols), "stride": symbols.words["stride"], "out": out}
    pairs = [(row, values) for row, values in zip(rows, symbols.environments, strict=True) if row]
    inside = Symbols(symbols.channels, words, tuple(values for _, values in pairs))
    try:
        return Downsample(_members([row for row, _ in pairs], inside), condition)
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
    arrive, stride = channels_of(symbols), symbols.words["stride"]
    terms: list[tuple[Expression, Expression]] = [(stride, Number(1))] if isinstance(stride, Variable) else []
    terms += [(arrive, out)] if out != arrive else []
    for chosen in (terms, *([term] for term in terms)):
        unequal = [_unequal(left, right, symbols) for left, right in chosen]
        if [any(term) for term in zip(*unequal, strict=True)] == present:
            return tuple(chosen)
    raise Differs(present)


def _unequal(left: Expression, right: Expression, symbols: Symbols) -> list[bool]:
    return [a != b for a, b in zip(symbols.values(left), symbols.values(right), strict=True)]


def _members(rows: Sequence[Layers], symbols: Symbols) -> tuple[Member, ...]:
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
