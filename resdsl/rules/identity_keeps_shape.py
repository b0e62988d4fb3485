"""D005: an identity shortcut joins equal shapes."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Code, Finding, Fix, Severity
from resdsl.ir.graph import Block, Network
from resdsl.rules.rule import Rule

D005 = Code(
    "D005",
    "identity-keeps-shape",
    Severity.ERROR,
    """An identity shortcut joins equal shapes.

Why: y = F(x) + x needs F(x) and x of one shape; where channels or map change, the shortcut has to change them too, by
padding (option A) or a projection (option B) (He et al. 2016, Section 3.2, equations 1 and 2).

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


def identity_keeps_shape(network: Network) -> Iterator[Finding]:
    """Looks at each block's shortcut; one finding per place."""
    seen = set()
    for block in network.blocks:
        if block.shortcut and not block.shortcut.layers and block.changes_shape and block.span not in seen:
            seen.add(block.span)
            yield _finding(block)


def _finding(block: Block) -> Finding:
    assert block.shortcut is not None
    written = block.shortcut.span != block.span
    return Finding(
        D005,
        block.span,
        f"an identity shortcut joins {block.input} to {block.output} in {block.name}",
        "write `shortcut projection` (1x1 conv) or `shortcut pad` (zero channels) for this stage or network",
        f"the branch leaves {block.output}",
        fix=Fix(block.shortcut.span, "projection") if written else None,
    )


RULE = Rule(D005, identity_keeps_shape)
