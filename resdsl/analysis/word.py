"""The language's own words for layers."""

from __future__ import annotations

from resdsl.ir.graph import GlobalAvgPool, Layer, Pool


def word(layer: Layer) -> str:
    """What a layer is called where it is written: `maxpool`, `conv`."""
    if isinstance(layer, Pool):
        return f"{layer.kind}pool"
    return "avgpool" if isinstance(layer, GlobalAvgPool) else layer.op
