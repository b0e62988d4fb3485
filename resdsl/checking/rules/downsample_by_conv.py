"""D003: inside stages the map is halved by a strided weight layer, not by pooling."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.block import Block
from resdsl.ir.layers import Layer
from resdsl.ir.network import Network

D003 = Code(
    "D003",
    "downsample-by-conv",
    Severity.ERROR,
    """Inside stages the map is halved by a weight layer with a stride of 2, not by pooling.

Why: "We perform downsampling directly by convolutional layers that have a stride of 2" (He et al. 2016, Section 3.3);
in Table 1 these are conv3_1, conv4_1 and conv5_1. Such a layer learns what to keep, at a quarter of the cost of a
weight layer that pooling follows. Pooling in the stem, and in a shortcut next to the branch, is not meant.

Before:
    stage layer1: 3 x basic(16)
    stage layer2 { maxpool 2x2, /2; 3 x basic(32) }
After:
    stage layer1: 3 x basic(16)
    stage layer2: 3 x basic(32), /2

Allow it where it is meant: allow D003 "VGG halves its maps by max pooling"
""",
)


def downsample_by_conv(network: Network) -> Iterator[Breach]:
    """Looks for strided pooling between the blocks of a stage and in their branches."""
    for stage in network.stages:
        for item in stage.items:
            layers = item.branch if isinstance(item, Block) else (item,)
            statements = {layer.span for layer in layers if layer.is_weight_layer}
            for layer in layers:
                # What the setting `downsampling` puts after a conv comes from the conv's own statement.
                if max(layer.strides) > 1 and layer.span not in statements:
                    yield stage, _finding(stage.name, layer, item)


def _finding(stage: str, layer: Layer, item: Block | Layer) -> Finding:
    if isinstance(item, Block):
        where, help = f"in the branch of {item.kind}", f"write /stride on a conv of {item.kind}"
    else:
        where, help = "between blocks", "remove it, and write the stride after the next run: 3 x basic(64), /2"
    return Finding(
        D003,
        item.span,
        f"stage {stage} shrinks the map by {layer.word} {where}",
        f'{help}, or say why not: allow D003 "…"',
        f"from {layer.input.height}x{layer.input.width} to {layer.output.height}x{layer.output.width}",
    )


RULE = Rule(D003, downsample_by_conv, of_the_papers=True)
