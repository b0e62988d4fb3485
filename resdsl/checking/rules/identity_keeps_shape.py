"""D005: an identity shortcut joins equal shapes."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Fix, Severity
from resdsl.ir.block import Block, Shortcut
from resdsl.ir.network import Network

D005 = Code(
    "D005",
    "identity-keeps-shape",
    Severity.ERROR,
    """An identity shortcut joins equal shapes.

Why: y = F(x) + x needs F(x) and x of one shape (He et al. 2016, Section 3.2, equation 1). Where channels or map
change, the shortcut has to change them too: by zero channels (option A) or by a projection (option B, equation 2;
Section 3.3, "Residual Network").

Before:
    shortcut identity
    stage layer1: 3 x basic(16)
    stage layer2: 3 x basic(32), /2
After:
    shortcut projection
    stage layer1: 3 x basic(16)
    stage layer2: 3 x basic(32), /2

It cannot be allowed: the addition does not exist.
""",
)


def identity_keeps_shape(network: Network) -> Iterator[Breach]:
    """Looks at each block's shortcut."""
    for stage in network.stages:
        for block in stage.blocks:
            shortcut = block.shortcut
            if shortcut and not shortcut.layers and block.changes_shape:
                yield stage, _finding(network, block, shortcut)


def _finding(network: Network, block: Block, shortcut: Shortcut) -> Finding:
    return Finding(
        D005,
        block.span,
        f"an identity shortcut joins {block.input} to {block.output} in {block.name}",
        "write `shortcut projection` (1x1 conv) or `shortcut pad` (zero channels) for this stage or the network",
        f"the branch leaves {block.output}",
        fix=_fix(network, block, shortcut),
    )


def _fix(network: Network, block: Block, shortcut: Shortcut) -> Fix:
    """A projection in place of the shortcut that is written, or else as a setting before the first stage."""
    if shortcut.span != block.span:
        return Fix(shortcut.span, "projection")
    start = network.stages[0].span
    here = start._replace(end_line=start.line, end_column=start.column)
    return Fix(here, "shortcut projection\n" + " " * (start.column - 1))


RULE = Rule(D005, identity_keeps_shape, allowable=False)
