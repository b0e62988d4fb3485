"""How deep a network is."""

from __future__ import annotations

from resdsl.ir.graph import Block, Conv, Layer, Linear, Network


def depth(network: Network) -> int:
    """Weight layers on the main path, convs and linears, as the papers count: shortcuts and gates do not."""
    count = sum(_is_weight_layer(layer) for layer in (*network.stem, *network.head))
    for stage in network.stages:
        for item in stage.items:
            count += sum(map(_is_weight_layer, item.branch)) if isinstance(item, Block) else _is_weight_layer(item)
    return count


def _is_weight_layer(layer: Layer) -> bool:
    return isinstance(layer, Conv | Linear)
