"""D009: a plain network of more than 20 weight layers."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.layers import CrossStage
from resdsl.ir.network import Network

D009 = Code(
    "D009",
    "plain-too-deep",
    Severity.WARNING,
    """A network of more than 20 weight layers has shortcuts.

Why: this is the degradation problem. Plain networks get worse on the training set, too, as they get deeper: with 56
layers than with 20 on CIFAR-10, with 34 than with 18 on ImageNet (He et al. 2016, Fig. 1; Section 4.1, Fig. 4 and
Table 2; Section 4.2, Fig. 6). The same networks with shortcuts get better.

Before:
    shortcut none
    stage layer1: 5 x basic(16)
    stage layer2: 5 x basic(32), /2
    stage layer3: 5 x basic(64), /2
After:
    shortcut pad
    stage layer1: 5 x basic(16)
    stage layer2: 5 x basic(32), /2
    stage layer3: 5 x basic(64), /2

Allow it where it is meant: allow D009 "the plain baseline of Fig. 6"
""",
)
DEEP = 20


def plain_too_deep(network: Network) -> Iterator[Breach]:
    """Counts where no block has a shortcut; its finding stands at the network's name."""
    found = network.depth
    shortened = any(block.shortcut for block in network.blocks)
    if found <= DEEP or shortened or any(isinstance(layer, CrossStage) for _, layer in network.layers()):
        return
    yield (
        None,
        Finding(
            D009,
            network.span,
            f"{network.name} is a plain network of {found} weight layers",
            'write `shortcut projection` or `shortcut pad`, or say why not: allow D009 "…"',
            f"more than {DEEP} without a shortcut",
        ),
    )


RULE = Rule(D009, plain_too_deep)
