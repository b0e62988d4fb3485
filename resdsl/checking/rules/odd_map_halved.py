"""D007: a stride of 2 meets an odd map."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.block import Block
from resdsl.ir.layers import Layer
from resdsl.ir.network import Network, Stage

D007 = Code(
    "D007",
    "odd-map-halved",
    Severity.WARNING,
    """A stride of 2 meets a map with an even number of rows and columns.

Why: an odd map cannot be halved: 7 becomes 4 after a padded 3x3 and 3 after an unpadded 2x2, so that two paths may
no longer fit, and the rule of twice the filters for half the map holds only roughly. In both papers every map that is
halved is even: 224, 112, 56, 28 and 14 on ImageNet (He et al. 2016, Table 1), 32 and 16 on CIFAR-10 (Section 4.2).

Before:
    input 3x30x30
    stage layer1: 3 x basic(16)
    stage layer2: 3 x basic(32), /2
    stage layer3: 3 x basic(64), /2
After:
    input 3x32x32
    stage layer1: 3 x basic(16)
    stage layer2: 3 x basic(32), /2
    stage layer3: 3 x basic(64), /2

Allow it where it is meant: allow D007 "28x28 digits become 14, 7 and 4 pixels wide"
""",
)


def odd_map_halved(network: Network) -> Iterator[Breach]:
    """Finds the first strided layer that an odd map arrives at: those after it follow from it or from the input."""
    path = list(_main_path(network))
    for stage, part, layer in path:
        if layer.input.map == (1, 1):  # D014 speaks of it
            continue
        sides = zip(layer.strides, layer.input.map, strict=True)
        if any(step % 2 == 0 and size % 2 for step, size in sides):
            yield stage, _finding(part, layer, max(layer.strides), prod(max(each.strides) for _, _, each in path))
            return


def _main_path(network: Network) -> Iterator[tuple[Stage | None, Block | Layer, Layer]]:
    """Each layer, what it belongs to (a block, or itself), and its stage."""
    yield from ((None, layer, layer) for layer in network.stem)
    for stage in network.stages:
        for item in stage.items:
            yield from ((stage, item, layer) for layer in (item.branch if isinstance(item, Block) else (item,)))
    yield from ((None, layer, layer) for layer in network.head)


def _finding(part: Block | Layer, layer: Layer, step: int, whole: int) -> Finding:
    arrives, leaves = layer.input, layer.output
    return Finding(
        D007,
        part.span,
        f"{part.name} meets a map of {arrives.height}x{arrives.width} with a stride of {step}",
        f'use an input with sides divisible by {whole}, or fewer strides, or say why not: allow D007 "…"',
        f"becomes {leaves.height}x{leaves.width}",
    )


RULE = Rule(D007, odd_map_halved)
