"""D001: blocks that yield the same map size yield the same number of filters."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Code, Finding, Fix, Severity
from resdsl.ir.graph import Block, Network
from resdsl.rules.place import filters_argument, filters_place, with_filters
from resdsl.rules.rule import Rule

D001 = Code(
    "D001",
    "same-map-same-filters",
    Severity.ERROR,
    """Blocks that yield the same map size yield the same number of filters.

Why: it is the first of the two rules by which the plain and residual networks are made; with it, identity shortcuts
fit everywhere but where the map is halved (He et al. 2016, Section 3.3, rule i).

Before:
    stage layer1: 3 x basic(16)
    stage layer2: 3 x basic(24)
After:
    stage layer1: 6 x basic(16)

Allow it where it is meant: allow D001 "a pyramid that widens at every block"
""",
)


def same_map_same_filters(network: Network) -> Iterator[Finding]:
    """Holds every run of blocks against the first one that yields the same map size."""
    first: dict[tuple[int, int], Block] = {}
    last: Block | None = None
    for block in network.blocks:
        size = (block.output.height, block.output.width)
        model = first.setdefault(size, block)
        differs = model.output.channels != block.output.channels
        if differs and (last is None or last.span != block.span or last.output != block.output):
            yield _finding(block, model)
        last = block


def _finding(block: Block, model: Block) -> Finding:
    expected, found = model.output.channels, block.output.channels
    size = f"{block.output.height}x{block.output.width}"
    written = with_filters(block, expected)
    argument = filters_argument(block)
    remedy = f"write {block.kind}({written})" if written is not None else f"make it {expected} filters"
    return Finding(
        D001,
        filters_place(block),
        f"{block.name} yields {found} filters at {size}, {model.name} yields {expected}",
        f'{remedy}, halve the map between them, or say why not: allow D001 "…"',
        f"expected {expected if written is None else written}",
        fix=Fix(argument.span, str(written)) if argument and argument.span and written is not None else None,
    )


RULE = Rule(D001, same_map_same_filters)
