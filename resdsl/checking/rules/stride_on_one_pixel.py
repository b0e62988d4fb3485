"""D014: a stride meets a map of one pixel."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.network import Network

D014 = Code(
    "D014",
    "stride-on-one-pixel",
    Severity.WARNING,
    """A stride meets a map of more than one pixel.

Why: there is nothing to thin out. The stages after it see the same single pixel, and their 3x3 convs mostly padding:
the input is too small for so many strides. On 224x224 the last map of a ResNet is 7x7 (He et al. 2016, Table 1).

Before:
    input 3x4x4
    stage layer1: 2 x basic(64), /4
    stage layer2: 2 x basic(128), /2
After:
    input 3x32x32
    stage layer1: 2 x basic(64), /4
    stage layer2: 2 x basic(128), /2

Allow it where it is meant: allow D014 "one network for inputs of all sizes"
""",
)


def stride_on_one_pixel(network: Network) -> Iterator[Breach]:
    """Looks at the strides of blocks: those after the first follow from it."""
    for stage in network.stages:
        for block in stage.blocks:
            if max(block.stride) > 1 and block.input.map == (1, 1):
                yield (
                    stage,
                    Finding(
                        D014,
                        block.span,
                        f"{block.name} meets a map of 1x1 with a stride of {max(block.stride)}: nothing is left to thin out",
                        'use a larger input, or fewer strides, or say why not: allow D014 "…"',
                    ),
                )
                return


RULE = Rule(D014, stride_on_one_pixel)
