"""D015: a norm or an activation where the order has placed one already."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from resdsl.checking.rules.places import shown_at
from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.block import Block
from resdsl.ir.layers import Act, BaseNorm, Layer
from resdsl.ir.network import Network, Stage

D015 = Code(
    "D015",
    "twice-the-same",
    Severity.WARNING,
    """A norm or an activation stands where `order` has not placed one already.

Why: every conv brings its own norm and activation, by the setting `order` (He et al. 2016b, Fig. 4). Written once more
after it, a norm normalizes what is normalized, and a ReLU does nothing at all.

Before:
    stem { conv 3x3, 16; norm; act }
After:
    stem { conv 3x3, 16 }

Allow it where it is meant: allow D015 "the checkpoint has both norms"
""",
)
Run = tuple[Stage | None, Block | None, tuple[Layer, ...]]


def twice_the_same(network: Network) -> Iterator[Breach]:
    """Looks at neighbours: norm after norm, activation after activation, and a norm after the two."""
    for stage, block, layers in _runs(network):
        before: list[Layer] = []
        for one, layer in pairwise(layers):
            before = [*before, one] if one.is_companion else [one]
            if fault := _fault(layer, before):
                yield stage, _finding(block, layer, fault)
                break


def _runs(network: Network) -> Iterator[Run]:
    yield None, None, network.stem
    for stage in network.stages:
        yield stage, None, tuple(item for item in stage.items if not isinstance(item, Block))
        seen: set[object] = set()
        for block in stage.blocks:
            if block.alike not in seen:
                seen.add(block.alike)
                yield stage, block, block.branch
                yield stage, block, block.shortcut.layers if block.shortcut else ()
    yield None, None, network.tail + network.head


def _fault(layer: Layer, before: list[Layer]) -> list[Layer]:
    """What stands there already, from the last conv on."""
    alike = [each for each in before if isinstance(each, BaseNorm if isinstance(layer, BaseNorm) else Act)]
    again = isinstance(layer, BaseNorm | Act) and alike and layer.span != before[-1].span
    return [each for each in before if isinstance(each, BaseNorm | Act)] if again else []


def _finding(block: Block | None, layer: Layer, fault: list[Layer]) -> Finding:
    what = "a norm" if isinstance(layer, BaseNorm) else "an activation"
    there = " and ".join(f"{each.text} ({each.name})" for each in fault)
    return Finding(
        D015,
        shown_at(block, layer),
        f"{what} stands after {there}, which the order has placed already",
        'remove it, or write norm = none and act = none on the conv, or say why not: allow D015 "…"',
    )


RULE = Rule(D015, twice_the_same)
