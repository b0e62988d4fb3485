"""The network's own class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from resdsl.codegen.activations import Path, act_key, acts
from resdsl.codegen.dataflow import flattened, is_layer, lines, units
from resdsl.codegen.members import literal_member
from resdsl.codegen.model import Assign, Member, Mode, NetworkClass, Stage
from resdsl.codegen.naming import describe_network
from resdsl.ir.layers import Act, Dropout, GlobalAvgPool, Layer, Linear
from resdsl.ir.network import Network

Item = Member | Stage


def network_class(network: Network, name: str, stages: Sequence[Stage]) -> NetworkClass:
    """Stem, stages and head, with every layer under its canonical name."""
    items = _items(network, stages)
    forward = tuple(_forward(items, network.output.map == (1, 1)))
    members = tuple({item.name: item for item in items}.values())
    return NetworkClass(name, describe_network(network), members, _init(network), forward)


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
