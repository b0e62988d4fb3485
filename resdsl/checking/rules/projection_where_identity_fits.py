"""D011: a projection on a block that keeps its shape."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.block import Block, Shortcut
from resdsl.ir.network import Network

D011 = Code(
    "D011",
    "projection-where-identity-fits",
    Severity.WARNING,
    """A block that keeps its shape has an identity shortcut, not a projection.

Why: projections on all blocks (option C) gain little, and the authors lay that to the extra parameters; they leave
option C out "to reduce memory/time complexity and model sizes" (He et al. 2016, Section 4.1, Table 3). For bottlenecks
it would double both. In a deep network 1x1 conv shortcuts even train worse (2016b, Section 3.1, Table 1).

Before:
    shortcut projection always
    stage layer1: 3 x basic(16)
After:
    shortcut projection
    stage layer1: 3 x basic(16)

Allow it where it is meant: allow D011 "option C of Table 3"
""",
)


def projection_where_identity_fits(network: Network) -> Iterator[Breach]:
    """Looks for convs in the shortcuts of blocks that keep their shape."""
    for stage in network.stages:
        for block in stage.blocks:
            shortcut = block.shortcut
            if shortcut and not block.changes_shape and any(layer.is_weight_layer for layer in shortcut.layers):
                yield stage, _finding(block, shortcut)


def _finding(block: Block, shortcut: Shortcut) -> Finding:
    params = sum(layer.cost().params for layer in shortcut.layers)
    return Finding(
        D011,
        shortcut.span,
        f"{block.name} keeps its shape, and has a {shortcut.kind} of {params:,} parameters for a shortcut",
        f'write shortcut {shortcut.kind} without `always`, or say why not: allow D011 "…"',
        "the identity fits",
    )


RULE = Rule(D011, projection_where_identity_fits)
