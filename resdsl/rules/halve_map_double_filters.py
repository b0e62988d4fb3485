"""D002: a stage that halves the map doubles the filters."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Code, Finding, Fix, Severity
from resdsl.ir.graph import Block, Network, Stage
from resdsl.rules.place import filters_argument, with_filters
from resdsl.rules.rule import Rule

D002 = Code(
    "D002",
    "halve-map-double-filters",
    Severity.ERROR,
    """A stage that halves the map doubles the number of filters.

Why: a layer's time goes with filters² x map; where the map has a quarter of the pixels, twice the filters keep the
time per layer the same (He et al. 2016, Section 3.3, rule ii).

Before:
    stage layer2: 3 x basic(32), /2
    stage layer3: 3 x basic(32), /2
After:
    stage layer2: 3 x basic(32), /2
    stage layer3: 3 x basic(64), /2

Allow it where it is meant, as VGG's last stage: allow D002 "VGG keeps 512 filters in its last stage"
""",
)


def halve_map_double_filters(network: Network) -> Iterator[Finding]:
    """Holds each stage against the one before it; the first one against the stem."""
    channels = network.stem[-1].output.channels if network.stem else network.input.channels
    for stage in network.stages:
        blocks = stage.blocks
        if blocks:
            factor = _shrinking(stage)
            if factor > 1 and _comparable(stage, network) and stage.output.channels != factor * channels:
                yield _finding(stage, blocks[0], channels, factor)
        channels = stage.output.channels


def _shrinking(stage: Stage) -> int:
    """By how much the stage divides the sides of the map, rounded: 2 where 7 becomes 4."""
    arrives, leaves = stage.input, stage.output
    return max(-(-arrives.height // leaves.height) if leaves.height > 1 else 1, 1)


def _comparable(stage: Stage, network: Network) -> bool:
    """Whether the stage's filters can be held against what comes before: a first stage of bottlenecks expands anyway."""
    argument = filters_argument(stage.blocks[0])
    return stage is not network.stages[0] or (argument is not None and argument.value == stage.output.channels)


def _finding(stage: Stage, block: Block, before: int, factor: int) -> Finding:
    found, expected = stage.output.channels, factor * before
    leaves = f"{stage.output.height}x{stage.output.width}"
    verb = "keeps" if found == before else "has"
    written = with_filters(block, expected)
    argument = filters_argument(block)
    mends = argument is not None and argument.span is not None and written is not None
    return Finding(
        D002,
        argument.span if argument and argument.span else block.span,
        f"stage {stage.name} {'halves' if factor == 2 else 'shrinks'} the map to {leaves} but {verb} {found} filters",
        f'{f"write {block.kind}({written})" if mends else f"make it {expected} filters"}, or say why not: allow D002 "…"',
        f"expected {written if mends else expected}",
        fix=Fix(argument.span, str(written)) if argument and argument.span and written is not None else None,
    )


RULE = Rule(D002, halve_map_double_filters)
