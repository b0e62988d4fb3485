"""Every layer with its stage and its block, once for those that equal blocks share; and where to show it."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Span
from resdsl.ir.block import Block
from resdsl.ir.layers import Composite, Layer
from resdsl.ir.network import Network, Stage
from resdsl.lower.mistake import PRELUDE

Placed = tuple[Stage | None, Block | None, Layer]


def every_layer(network: Network) -> Iterator[Placed]:
    """The layers of a network, and those inside of layers."""
    for placed in _outer(network):
        yield placed
        stage, block, layer = placed
        if isinstance(layer, Composite):
            yield from ((stage, block, part) for part in layer.parts if part is not None)


def _outer(network: Network) -> Iterator[Placed]:
    yield from ((None, None, layer) for layer in network.stem)
    for stage in network.stages:
        seen: set[object] = set()
        for item in stage.items:
            if not isinstance(item, Block):
                yield stage, None, item
            elif item.alike not in seen:
                seen.add(item.alike)
                yield from ((stage, item, layer) for _, layer in item.parts())
    yield from ((None, None, layer) for layer in network.tail + network.head)


def shown_at(block: Block | None, layer: Layer) -> Span:
    """A layer's own statement, or the call of its block where that is of the standard library."""
    return block.span if block and layer.span.file == PRELUDE else layer.span
