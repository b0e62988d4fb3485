"""What stands in the boxes: the terms of the papers' figures."""

from __future__ import annotations

import math
import re
import textwrap
from itertools import groupby

from resdsl.drawing.columns.column import Line
from resdsl.ir.block import Block
from resdsl.ir.layers import Layer
from resdsl.ir.layers.window import size_text, stride_text
from resdsl.ir.network import Network, Stage
from resdsl.ir.shape import Pair

UNITS = ("k", "M", "G", "T", "P")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")


def network_title(network: Network) -> str:
    """A network's title, or where it has none its name."""
    return clean(network.title) or network.name


def shortcut_line(block: Block) -> Line:
    """Solid for the identity, dotted where dimensions change, dashed for a projection where they do not."""
    if block.changes_shape:
        return "dotted"
    return "dashed" if block.shortcut and block.shortcut.layers else "solid"


def block_text(block: Block) -> str:
    """`basic(64)`: the block's kind with the arguments that the spec gives."""
    given = [argument for argument in block.arguments if argument.span]
    values = [f"{a.value}" if i == 0 else f"{a.name} = {a.value}" for i, a in enumerate(given)]
    return f"{block.kind}({', '.join(values)})"


def stage_text(stage: Stage) -> tuple[str, ...]:
    """The stage's title, a line for each run of blocks (`3 x basic(128), /2`) or layer, and what its shortcuts are."""
    lines = [textwrap.shorten(clean(stage.title), 40, placeholder="…") or stage.name]
    for text, run in groupby(stage.items, key=_item_text):
        first, *others = run
        lines.append(f"{1 + len(others)} x {text}{stride_text(first.stride)}" if isinstance(first, Block) else text)
    kinds = dict.fromkeys(block.shortcut.kind for block in stage.blocks if block.shortcut and block.shortcut.layers)
    if kinds or any(block.shortcut for block in stage.blocks):
        lines.append(f"{', '.join(kinds) or 'identity'} shortcuts".replace("_", " "))
    return tuple(lines)


def _item_text(item: Block | Layer) -> str:
    return block_text(item) if isinstance(item, Block) else item.text


def map_text(size: Pair) -> str:
    """A map's size as the papers give it: `56`, or `56x40` where it is not square."""
    return f"{size[0]}" if size[0] == size[1] else size_text(size)


def short(number: int) -> str:
    """`21.8M`: three digits and a unit."""
    if number < 1000:
        return f"{number}"
    # 999,950 is 1M and not 1000k: round first, then choose the unit.
    rounded = float(f"{number:.3g}")
    power = min(int(math.log10(rounded)) // 3, len(UNITS))
    return f"{rounded / 1000**power:.3g}{UNITS[power - 1]}"


def clean(text: str) -> str:
    """`text` on one line and without the characters that XML forbids."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())
