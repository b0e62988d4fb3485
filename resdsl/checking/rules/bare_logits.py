"""D016: an activation after the last linear layer."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.layers import Act, BaseNorm, Linear
from resdsl.ir.network import Network

D016 = Code(
    "D016",
    "bare-logits",
    Severity.WARNING,
    """Nothing stands after the last linear layer.

Why: its values are the logits, of which the loss takes the softmax itself (He et al. 2016, Section 3.3). A ReLU would
take all negative ones for zero, and where all are negative, nothing is learned.

Before:
    head { avgpool; linear 10; act }
After:
    head { avgpool; linear 10 }

Allow it where it is meant: allow D016 "the values are distances"
""",
)


def bare_logits(network: Network) -> Iterator[Breach]:
    """Looks at the end of the head."""
    steps = [layer for layer in network.head if not layer.is_companion]
    if not steps or not isinstance(steps[-1], Linear):
        return
    for layer in network.head[network.head.index(steps[-1]) + 1 :]:
        if isinstance(layer, Act | BaseNorm):
            yield (
                None,
                Finding(
                    D016,
                    layer.span,
                    f"{layer.text} stands after the last linear layer, whose values are the logits",
                    'remove it: the loss takes the softmax itself; or say why not: allow D016 "…"',
                ),
            )
            return


RULE = Rule(D016, bare_logits)
