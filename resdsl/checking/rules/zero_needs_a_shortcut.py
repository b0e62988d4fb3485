"""D018: a branch that starts at zero without a shortcut next to it."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.layers import BaseNorm
from resdsl.ir.network import Network

D018 = Code(
    "D018",
    "zero-needs-a-shortcut",
    Severity.ERROR,
    """`zero_last_norm` is for blocks with a shortcut.

Why: with the last norm's scale at zero a block starts as its shortcut alone (Goyal et al. 2017, Section 5.1), the
identity of He et al. 2016, Section 3.2. Without one it leaves the same value for every image, every gradient before it
is zero, and the network never learns.

Before:
    shortcut none
    init zero_last_norm = true
    stage layer1: 3 x basic(16)
After:
    shortcut projection
    init zero_last_norm = true
    stage layer1: 3 x basic(16)

It cannot be allowed: nothing would be learned.
""",
)


def zero_needs_a_shortcut(network: Network) -> Iterator[Breach]:
    """Finds the first block that leaves nothing."""
    for stage in network.stages:
        for block in stage.blocks if stage.init.zero_last_norm else ():
            if block.shortcut is None and any(isinstance(layer, BaseNorm) for layer in block.branch):
                yield (
                    stage,
                    Finding(
                        D018,
                        block.span,
                        f"{block.name} starts at zero and has no shortcut: no gradient passes it",
                        "write a shortcut, or init zero_last_norm = false",
                    ),
                )
                return


RULE = Rule(D018, zero_needs_a_shortcut, allowable=False)
