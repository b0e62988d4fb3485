"""D001: blocks that yield the same map size yield the same number of filters."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.filters import mend
from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.block import Block
from resdsl.ir.network import Network
from resdsl.ir.shape import Pair

D001 = Code(
    "D001",
    "same-map-same-filters",
    Severity.ERROR,
    """Blocks that yield the same map size yield the same number of filters.

Why: it is the first of the two rules by which the plain and the residual networks are made (He et al. 2016,
Section 3.3, rule i). Within one map size every shortcut can then be the identity, which costs nothing.

Before:
    stage layer1: 3 x basic(16)
    stage layer2: 3 x basic(24)
After:
    stage layer1: 6 x basic(16)

Allow it where it is meant: allow D001 "a pyramid that widens at every block"
""",
)


def same_map_same_filters(network: Network) -> Iterator[Breach]:
    """Holds every block against the first one that yields the same map size."""
    first: dict[tuple[Pair, int, int], Block] = {}
    lost = 1  # by how much strides could not thin out a map of one pixel: D014 speaks of them
    for stage in network.stages:
        for block in stage.blocks:
            if block.input.map == (1, 1):
                lost *= max(block.stride)
            _, dilation = block.dilations  # without it, the map would be as much smaller
            model = first.setdefault((block.output.map, dilation, lost), block)
            if model.output.channels != block.output.channels:
                yield stage, _finding(block, model)


def _finding(block: Block, model: Block) -> Finding:
    found, expected = block.output, model.output.channels
    span, remedy, label, fix = mend(block, expected)
    return Finding(
        D001,
        span,
        f"{block.name} yields {found.channels} filters at {found.height}x{found.width}, {model.name} yields {expected}",
        f'{remedy}, halve the map between them, or say why not: allow D001 "…"',
        label,
        fix=fix,
    )


RULE = Rule(D001, same_map_same_filters, of_the_papers=True)
