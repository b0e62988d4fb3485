"""D010: a conv with a bias feeds a norm."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from resdsl.checking.rules.places import Placed, shown_at
from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.block import Block
from resdsl.ir.layers import BaseNorm, Conv
from resdsl.ir.network import Network

D010 = Code(
    "D010",
    "bias-before-norm",
    Severity.WARNING,
    """A conv that feeds a batch norm has no bias.

Why: the norm subtracts each channel's mean, and the bias with it; what is left to learn is the norm's own shift
(Ioffe and Szegedy 2015, Section 3.2; He et al. 2016, Section 3.4, put a batch norm right after each conv). The bias
costs memory and time and changes nothing. A group norm takes the mean of several channels, so there a bias does count.

Before:
    stem { conv 3x3, 16, bias = true }
After:
    stem { conv 3x3, 16 }

Allow it where it is meant: allow D010 "weights that others trained have biases"
""",
)


def bias_before_norm(network: Network) -> Iterator[Breach]:
    """Looks at neighbours on every straight way through the network; pooling in between changes nothing."""
    for run in _straight_runs(network):
        passing = [placed for placed in run if not placed[-1].keeps_shift]
        for (stage, block, conv), (*_, norm) in pairwise(passing):
            if isinstance(conv, Conv) and conv.bias and isinstance(norm, BaseNorm) and norm.by_channel:
                yield stage, _finding(conv, block)


def _straight_runs(network: Network) -> Iterator[list[Placed]]:
    """Layers that follow each other, without a fork between them; past an addition goes on what both paths share."""
    run: list[Placed] = [(None, None, layer) for layer in network.stem]
    for stage in network.stages:
        for item in stage.items:
            if not isinstance(item, Block):
                run.append((stage, None, item))
                continue
            run += [(stage, item, layer) for layer in item.shared]
            if item.shortcut:
                yield run
                run = []
                yield [(stage, item, layer) for layer in item.shortcut.layers + item.after]
            run += [(stage, item, layer) for layer in item.branch + item.after]
    yield run + [(None, None, layer) for layer in network.tail + network.head]


def _finding(conv: Conv, block: Block | None) -> Finding:
    return Finding(
        D010,
        shown_at(block, conv),
        "a conv has a bias, and the norm after it takes it out again",
        'remove the bias, or the `norm none` that brings it, or say why not: allow D010 "…"',
        f"{conv.filters} parameters without effect",
    )


RULE = Rule(D010, bias_before_norm)
