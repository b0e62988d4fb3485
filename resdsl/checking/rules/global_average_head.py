"""D004: the head is global average pooling and one linear layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.layers import Layer, Linear
from resdsl.ir.network import Network

D004 = Code(
    "D004",
    "global-average-head",
    Severity.WARNING,
    """The head is global average pooling and one linear layer.

Why: "The network ends with a global average pooling layer and a 1000-way fully-connected layer with softmax" (He et
al. 2016, Section 3.3). Linear layers on a flattened map are where a network's parameters go (124 of VGG-19's 144
million) and tie it to one input size; this head takes any. A norm, an activation or a dropout may stand between the
two, and a network without a head has nothing to ask for.

Before:
    head { linear 10 }
After:
    head { avgpool; linear 10 }

Allow it where it is meant: allow D004 "VGG has three linear layers"
""",
)


def global_average_head(network: Network) -> Iterator[Breach]:
    """Holds the head against `avgpool; linear`; the average is not needed where a vector arrives."""
    if not network.head:
        return
    steps = [layer for layer in network.head if not layer.is_companion]
    arrives = network.head[0].input
    averaged = bool(steps) and steps[0].is_global_average
    rest = steps[averaged:]
    if not averaged and arrives.map != (1, 1):
        found = f"a map of {arrives} arrives without an average"
        yield None, _finding(steps, rest[0] if rest else network.head[-1], found)
    elif not rest or not isinstance(rest[0], Linear):
        yield None, _finding(steps, rest[0] if rest else network.head[-1], "expected a linear layer")
    elif len(rest) > 1:
        yield None, _finding(steps, rest[1], "expected the end of the head")


def _finding(steps: Sequence[Layer], layer: Layer, label: str) -> Finding:
    shown = ", ".join(layer.word for layer in steps) or "empty"
    return Finding(
        D004,
        layer.span,
        f"the head is {shown}: expected a global average and one linear layer",
        'write head { avgpool; linear … }, or say why not: allow D004 "…"',
        label,
    )


RULE = Rule(D004, global_average_head, of_the_papers=True)
