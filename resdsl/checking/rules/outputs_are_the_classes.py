"""X002: a network has an output for each class of its data."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.data import BY_NAME
from resdsl.ir.network import Network

X002 = Code(
    "X002",
    "outputs-are-the-classes",
    Severity.WARNING,
    """A network has as many outputs as its data set has classes.

Why: each output is the score of one class (He et al. 2016, Section 3.3). With fewer there are labels without an
output, with more there are outputs that never win: `resdsl train` takes neither.

Before:
    head { avgpool; linear 100 }
    train { data cifar10 }
After:
    head { avgpool; linear 100 }
    train { data cifar100 }

Allow it where the network is to be compiled, not trained: allow X002 "its outputs are features"
""",
)


def outputs_are_the_classes(network: Network) -> Iterator[Breach]:
    """Places its finding at the last layer of the head; where there is none, at the network: its outputs are a map."""
    data = network.recipe.data
    classes = BY_NAME[data.name].classes if data else None
    if data is None or classes is None or classes == network.output.size:
        return
    if network.head:
        span, outputs = network.head[-1].span, f"the network has {network.output.size} outputs"
        help = f"end the head with `linear {classes}`, or name other data"
    else:
        span, outputs = network.span, f"the network has no head and leaves a map of {network.output}"
        help = f"write head {{ avgpool; linear {classes} }}"
    found = f"{data.name} has {classes} classes, but {outputs}"
    yield None, Finding(X002, span, found, f'{help}; or say why not: allow X002 "…"')


RULE = Rule(X002, outputs_are_the_classes)
