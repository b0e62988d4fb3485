"""From a network to its plan: the network's own class, and its stages as calls of helpers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from resdsl.codegen.block_class import FLAG, Arguments, Draft, drafts
from resdsl.codegen.block_groups import Key, block_key, cases, groups
from resdsl.codegen.dataflow import Path, act_key, acts, flattened, is_layer, lines, units
from resdsl.codegen.model import Assign, BlockClass, Helper, Member, Mode, NetworkClass, Plan, Stage, StageCall
from resdsl.codegen.naming import block_class_names, describe_network, network_class_name, snake_case
from resdsl.codegen.symbols import RESERVED, literal_member
from resdsl.ir import network
from resdsl.ir.block import Block
from resdsl.ir.expression import names, value
from resdsl.ir.layers import Act, Dropout, GlobalAvgPool, Layer, Linear
from resdsl.ir.network import Network

DEFAULTS: Arguments = {"stride": 1, FLAG: False}


@dataclass(frozen=True, slots=True)
class BlockCall:
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


def stage_of(stage: network.Stage, calls: Mapping[Key, BlockCall]) -> Stage:
    """`stage` as runs of blocks and the layers between them."""
    parts: list[StageCall | Member] = []
    made = 0
    expected: Arguments | None = None
    for item, safe in zip(stage.items, Path(stage.items).overwrites(), strict=True):
        if not isinstance(item, Block):
            parts.append(replace(literal_member(item), in_place=safe))
            continue
        call = calls[block_key(stage, item)]
        last = parts[-1] if parts else None
        if isinstance(last, StageCall) and last.block is call.block and call.arguments == expected:
            parts[-1] = replace(last, blocks=last.blocks + 1)
        else:
            given = tuple((name, number) for name, number in call.arguments.items() if DEFAULTS.get(name) != number)
            parts.append(StageCall(call.helper, call.block, given, made, 1))
        expected = _next(call)
        made += 1
    return Stage(stage.name, stage.title, tuple(parts))


def _next(call: BlockCall) -> Arguments | None:
    """The arguments of a block that continues a run, or None where the helper cannot make one."""
    block, arguments = call.block, call.arguments
    if "stride" in names(block.out):
        return None
    following = {**arguments, block.channels: value(block.out, arguments), **DEFAULTS}
    return {name: following[name] for name in arguments}


Item = Member | Stage


def network_class(network: Network, name: str, stages: Sequence[Stage]) -> NetworkClass:
    """Stem, stages and head, with every layer under its canonical name."""
    items = _items(network, stages)
    forward = tuple(_forward(items, network.output.map == (1, 1)))
    members = tuple({item.name: item for item in items}.values())
    rises = sum(len(stage.blocks) for stage in network.stages if stage.drop_path) > 1
    return NetworkClass(name, describe_network(network), members, _init(network), forward, rises)


def _items(network: Network, stages: Sequence[Stage]) -> list[Item]:
    """All that an image passes through; activations of one kind are one member."""
    end = network.tail + network.head
    layers: tuple[Layer | Stage, ...] = (*network.stem, *stages, *end)
    own = acts([Path(network.stem), Path(end)], taken=(layer.name for layer in layers if not isinstance(layer, Act)))
    return [_item(layer, layers[index:], own) for index, layer in enumerate(layers)]


def _item(layer: Layer | Stage, rest: Sequence[Layer | Stage], own: dict[object, Member]) -> Item:
    match layer:
        case Stage():
            return layer
        case Act():
            return own[act_key(layer)]
        case Linear():
            return replace(literal_member(layer), flat=all(_takes_vectors(other) for other in rest))
        case _:
            return literal_member(layer)


def _takes_vectors(layer: Layer | Stage) -> bool:
    return isinstance(layer, Act | Dropout | Linear)


def _forward(items: Sequence[Item], ends_in_vector: bool) -> Iterator[Assign]:
    linear = next((index for index, item in enumerate(items) if isinstance(item, Member) and item.flat), None)
    if linear is None and not ends_in_vector:
        yield from lines("x", "x", units(items))
        return
    cut = _after_pooling(items, len(items) if linear is None else linear)
    yield from flattened(list(lines("x", "x", units(items[:cut]))))
    yield from lines("x", "x", units(items[cut:]))


def _after_pooling(items: Sequence[Item], end: int) -> int:
    """Where vectors begin that are needed from `end` on: right after a global pooling, if only dropout is between."""
    start = end
    while start and is_layer(items[start - 1], (Act, Dropout)):
        start -= 1
    return start if start and is_layer(items[start - 1], (GlobalAvgPool,)) else end


def _init(network: Network) -> tuple[tuple[str, Mode], ...]:
    if not any(len(weight.shape) == 4 for _, layer in network.layers() for weight in layer.weights):
        return ()
    usual = network.init.mode
    others = ((stage.name, stage.init.mode) for stage in network.stages if stage.init.mode != usual)
    return ("", usual), *others


def make_plan(network: Network, reserved: frozenset[str] = frozenset()) -> Plan:
    """The classes, helpers and members of `network`; `reserved` are names that a backend's sources use for something else."""
    reserved |= RESERVED
    named = _named([draft for group in groups(cases(network)) for draft in drafts(group, reserved)])
    blocks = tuple(draft.block for draft in named)
    helping = helpers(blocks)
    helper_of = {block.name: helper for helper in helping for block in helper.classes}
    calls = {
        case.key: BlockCall(helper_of[draft.block.name], draft.block, arguments)
        for draft in named
        for case, arguments in zip(draft.cases, draft.arguments, strict=True)
    }
    stages = [stage_of(stage, calls) for stage in network.stages]
    name = network_class_name(network, {*reserved, *(block.name for block in blocks)})
    return Plan(network, blocks, tuple(helping), network_class(network, name, stages))


def _named(unnamed: list[Draft]) -> list[Draft]:
    names = block_class_names([draft.cases[0].block for draft in unnamed])
    return [replace(draft, block=replace(draft.block, name=name)) for draft, name in zip(unnamed, names, strict=True)]
