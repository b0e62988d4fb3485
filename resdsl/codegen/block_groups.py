"""The distinct blocks of a network, sorted into groups that one class can serve as far as their structure goes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from resdsl.ir.block import Block, Shortcut
from resdsl.ir.layers import BaseLayer, BaseNorm, DropPath, Layer
from resdsl.ir.network import Network, Stage

Key = tuple[Hashable, ...]
_COMMON = {field.name for field in fields(BaseLayer)}


@dataclass(frozen=True, slots=True)
class Case:
    """A distinct block, found again by its `key`.

    `zeroed` names the norm whose scale starts at zero; `detour` is the structure of what stands next to the block, or
    else of what its stage puts first next to the blocks that change shape, or None where nothing does. `drop_path` is
    what the stage's stochastic depth rises to.
    """

    key: Key
    block: Block
    zeroed: str
    detour: Hashable
    drop_path: float

    @property
    def branch(self) -> tuple[Layer, ...]:
        """The block's branch, with its stochastic depth at the end."""
        block = self.block
        if not self.drop_path:
            return block.branch
        drop = DropPath(name="drop_path", input=block.output, output=block.output, span=block.span, p=self.drop_path)
        return (*block.branch, drop)


class Differs(Exception):  # not an error: a group needs several classes
    """No one class can serve a group: it takes one for each of `values`, which follow the group's cases."""

    def __init__(self, values: Sequence[Hashable]) -> None:
        super().__init__()
        self.values = tuple(values)


def block_key(stage: Stage, block: Block) -> Key:
    """Equal for blocks that differ at most in their names; cheap, since equal blocks share their parts."""
    return (
        stage.name,
        id(block.branch),
        id(block.shared),
        id(block.shortcut),
        id(block.after),
        id(block.arguments),
        id(block.join),
    )


def cases(network: Network) -> list[Case]:
    """Every distinct block of `network`, in order."""
    found: dict[Key, Case] = {}
    for stage in network.stages:
        blocks = stage.blocks
        detours = {id(block): _detour(block.shortcut) for block in blocks if block.shortcut and block.shortcut.layers}
        first = next(iter(detours.values()), None)
        for block in blocks:
            key = block_key(stage, block)
            if key not in found:
                zeroed = _last_norm(block) if stage.init.zero_last_norm else ""
                found[key] = Case(key, block, zeroed, detours.get(id(block), first), stage.drop_path)
    return list(found.values())


def groups(every: Iterable[Case]) -> list[list[Case]]:
    """Cases of equal structure; one whose stage has no detour joins the first group that is otherwise like it."""
    kinds: dict[Hashable, dict[Hashable, list[Case]]] = {}
    for case in every:
        kinds.setdefault(_structure(case), {}).setdefault(case.detour, []).append(case)
    found = []
    for detours in kinds.values():
        plain = detours.pop(None, [])
        first, *others = detours.values() or [[]]
        found += [plain + first, *others]
    return found


def partition(group: Sequence[Case], values: Sequence[Hashable]) -> list[list[Case]]:
    """`group` by `values`."""
    parts: dict[Hashable, list[Case]] = {}
    for case, value in zip(group, values, strict=True):
        parts.setdefault(value, []).append(case)
    return list(parts.values())


def _structure(case: Case) -> Key:
    block = case.block
    path = tuple(_signature(layer) for layer in block.shared + case.branch)
    after = tuple(_signature(layer) for layer in block.after)
    return (
        block.kind,
        block.order,
        block.shortcut is None,
        block.join.signature,
        case.drop_path,
        case.zeroed,
        path,
        after,
    )


def _detour(shortcut: Shortcut) -> Key:
    # Those that would do nothing at a stride of 1, or with as many channels, may be left out.
    lasting = [layer for layer in shortcut.layers if all(quantity.absent is None for quantity in layer.QUANTITIES)]
    return shortcut.kind, shortcut.always, *map(_signature, lasting)


def _signature(layer: BaseLayer) -> Key:
    """What of a layer is never an expression."""
    expressed = {quantity.name for quantity in layer.QUANTITIES}
    own = (field.name for field in fields(layer) if field.name not in _COMMON | expressed)
    return type(layer), layer.name if layer.weights else "", *(_plain(getattr(layer, name)) for name in own)


def _plain(value: Any) -> Hashable:
    """What of a field is never an expression: of layers inside a layer, only that."""
    if isinstance(value, BaseLayer):
        return _signature(value)
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


def _last_norm(block: Block) -> str:
    return next((layer.name for layer in reversed(block.branch) if isinstance(layer, BaseNorm)), "")
