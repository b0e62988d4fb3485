"""D008: a stem that divides the map by 4 meets an input under 64 pixels."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.network import Network

D008 = Code(
    "D008",
    "large-stem-small-input",
    Severity.WARNING,
    """An input under 64 pixels gets a small stem, one that does not divide the map by 4.

Why: the 7x7 conv and the max pooling, each with a stride of 2, are made for 224x224 (He et al. 2016, Table 1): the
stages then see maps from 56x56 down to 7x7. From 32x32 they would see 8x8 down to a single pixel. For CIFAR-10 the
authors take one 3x3 conv without a stride (Section 4.2).

Before:
    input 3x32x32
    stem { conv 7x7, 64, /2; maxpool 3x3, /2 }
    stage layer1: 2 x basic(64)
After:
    input 3x32x32
    stem { conv 3x3, 64 }
    stage layer1: 2 x basic(64)

Allow it where it is meant: allow D008 "the digits are large in their images"
""",
)
SMALL = 64
LARGE_STEM = 4


def large_stem_small_input(network: Network) -> Iterator[Breach]:
    """Places its finding at the layer that brings the stem's stride to 4."""
    height, width = network.input.map
    if min(height, width) >= SMALL:
        return
    reach = 1
    for layer in network.stem:
        reach *= max(layer.strides)
        if reach >= LARGE_STEM:
            yield (
                None,
                Finding(
                    D008,
                    layer.span,
                    f"the stem divides an input of {height}x{width} by {reach}",
                    'write a small stem, as the CIFAR networks: stem { conv 3x3, 16 }, or say why not: allow D008 "…"',
                    f"leaves {layer.output.height}x{layer.output.width}",
                ),
            )
            return


RULE = Rule(D008, large_stem_small_input)
