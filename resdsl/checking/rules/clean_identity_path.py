"""D006: under `pre`, nothing but an addition stands on the identity path."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.block import Block, Shortcut
from resdsl.ir.layers import Layer
from resdsl.ir.network import Network, Stage

D006 = Code(
    "D006",
    "clean-identity-path",
    Severity.WARNING,
    """Under `order pre`, nothing but an addition stands on the path from one block to the next.

Why: with identity shortcuts and nothing after the addition, every block's signal reaches every later one, and the
gradient comes back, as it is (He et al. 2016b, Section 2). Whatever scales, gates, projects or drops the signal on its
way multiplies over the blocks; each such shortcut that the paper tried did worse (Section 3, Table 1), and so did what
stands after the addition (Section 4.1). A block that changes the shape has no identity to keep clean.

Before:
    order pre
    stage layer1 { 3 x basic(16); norm; act; 3 x basic(16) }
After:
    order pre
    stage layer1: 6 x basic(16)

Allow it where it is meant: allow D006 "2016b, Table 1: 1x1 conv shortcuts, for comparison"
""",
)


def clean_identity_path(network: Network) -> Iterator[Breach]:
    """Looks at the shortcuts of blocks that keep their shape, and at the layers between residual blocks."""
    between: list[tuple[Stage, Layer]] = []
    after_block = False
    for stage in network.stages:
        for item in stage.items:
            if not isinstance(item, Block):
                between.append((stage, item))
                continue
            if after_block and _is_clean(item):
                yield from ((owner, _between(layer)) for owner, layer in between)
            between, after_block = [], _is_clean(item)
            if item.shortcut and item.shortcut.layers and after_block and not item.changes_shape:
                yield stage, _shortcut(item, item.shortcut)


def _is_clean(block: Block) -> bool:
    return block.order == "pre" and block.shortcut is not None


def _shortcut(block: Block, shortcut: Shortcut) -> Finding:
    layers = ", ".join(layer.word for layer in shortcut.layers)
    return Finding(
        D006,
        shortcut.span,
        f"{block.name} keeps its shape, and {shortcut.kind} stands on its identity path: {layers}",
        f'write shortcut {shortcut.kind} without `always`, or say why not: allow D006 "…"',
        "the identity fits",
    )


def _between(layer: Layer) -> Finding:
    return Finding(
        D006,
        layer.span,
        f"{layer.word} stands between two pre-activation blocks, on the identity path",
        'move it into the blocks\' branch, into the stem or the head, or say why not: allow D006 "…"',
        "the signal passes through it",
    )


RULE = Rule(D006, clean_identity_path)
