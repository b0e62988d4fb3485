"""D002: a stage that halves the map doubles the filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from resdsl.checking.rules.filters import deciding_argument, mend
from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.block import Block
from resdsl.ir.network import Network, Stage
from resdsl.ir.shape import Pair, Shape

D002 = Code(
    "D002",
    "halve-map-double-filters",
    Severity.ERROR,
    """A stage that halves the map doubles the number of filters; one that quarters its sides takes four times as many.

Why: a layer's time goes with filters² x map. Where the map has a quarter of the pixels, twice the filters keep the
time per layer the same (He et al. 2016, Section 3.3, rule ii). The first stage is held against the stem, unless its
blocks expand their filters, as bottlenecks do.

Before:
    stage layer1: 3 x basic(16)
    stage layer2: 3 x basic(16), /2
After:
    stage layer1: 3 x basic(16)
    stage layer2: 3 x basic(32), /2

Allow it where it is meant, as VGG's last stage: allow D002 "VGG keeps 512 filters in its last stage"
""",
)


@dataclass(frozen=True, slots=True)
class _Before:
    """What the next block that shrinks the map is held against: the filters that there are, and those there should be.

    To fit either is enough, or else one wrong stage would put the ones after it in the wrong.
    """

    size: Pair
    filters: int
    expected: int


def halve_map_double_filters(network: Network) -> Iterator[Breach]:
    """Holds each block that leaves a smaller map against the one before, and the first against the stem."""
    before = _seen(network.stem[-1].output) if network.stem else None
    for stage, block, factor in _steps(network):
        now = _seen(block.output)
        if before and factor == 1 and now.filters == before.filters:
            now = replace(now, expected=before.expected)
        elif before and factor > 1 and now.size != before.size and _is_comparable(block, network):
            expected = factor * before.filters
            if now.filters not in {expected, factor * before.expected}:
                now = replace(now, expected=expected)
                yield stage, _finding(stage, block, expected, factor)
        before = now


def _seen(shape: Shape) -> _Before:
    return _Before(shape.map, shape.channels, shape.channels)


def _steps(network: Network) -> Iterator[tuple[Stage, Block, int]]:
    """Every block with the stride from the one before it, layers between them included."""
    factor = 1
    for stage in network.stages:
        for item in stage.items:
            factor *= min(item.strides)  # what is halved on one side alone follows no such rule
            if isinstance(item, Block):
                yield stage, item, factor
                factor = 1


def _is_comparable(block: Block, network: Network) -> bool:
    """Whether the block yields as many filters as its call names, or has other blocks before it."""
    argument = deciding_argument(block)
    return block is not network.blocks[0] or (argument is not None and argument.value == block.output.channels)


def _finding(stage: Stage, block: Block, expected: int, factor: int) -> Finding:
    found = block.output
    verb = "keeps" if found.channels * factor == expected else "has"
    span, remedy, label, fix = mend(block, expected)
    return Finding(
        D002,
        span,
        f"stage {stage.name} {'halves' if factor == 2 else 'shrinks'} the map to {found.height}x{found.width} "
        f"but {verb} {found.channels} filters",
        f'{remedy}, or say why not: allow D002 "…"',
        label,
        fix=fix,
    )


RULE = Rule(D002, halve_map_double_filters, of_the_papers=True)
