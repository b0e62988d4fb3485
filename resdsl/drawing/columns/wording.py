"""What stands in the boxes: the terms of the papers' figures."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from resdsl.clean import clean as safe
from resdsl.ir.block import Block
from resdsl.ir.join import Add
from resdsl.ir.layers import EvoNorm, Layer
from resdsl.ir.layers.window import size_text, stride_text
from resdsl.ir.network import Network, Stage
from resdsl.ir.shape import Pair

MARKS = {"added": "+ ", "removed": "− ", "changed": "~ "}
"""What stands before the text of what changed, so that a comparison needs no colour."""

USUAL = ("BN", "ReLU")
"""The norms and activations that a figure need not speak of."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")


def network_title(network: Network) -> str:
    """A network's title, or where it has none its name."""
    return clean(network.title) or network.name


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
    return (*lines, *_shortcut_lines(stage.blocks), *_attention(stage), *_joins(stage), *_drop_path(stage))


def _shortcut_lines(blocks: Sequence[Block]) -> Iterator[str]:
    """`projection shortcuts` where all are alike, else `layer2.0: projection shortcut` for each run of blocks."""
    runs = [(kind, list(run)) for kind, run in groupby(blocks, key=_shortcut_kind)]
    if len(runs) == 1 and runs[0][0] != "no":
        yield f"{runs[0][0]} {_shortcuts(len(blocks))}"
    if len(runs) > 1:
        for kind, run in runs:
            yield f"{block_range(run)}: {kind} {_shortcuts(len(run))}"


def _shortcut_kind(block: Block) -> str:
    if block.shortcut is None:
        return "no"
    return block.shortcut.kind.replace("_", " ") if block.shortcut.layers else "identity"


def _shortcuts(count: int) -> str:
    return "shortcut" if count == 1 else "shortcuts"


def block_range(blocks: Sequence[Block]) -> str:
    """`layer2.1–3`: the first block's name, and the last one's number."""
    first, last = blocks[0].name, blocks[-1].name
    return first if first == last else f"{first}–{last.rpartition('.')[2]}"


def unseen_text(network: Network) -> tuple[str, ...]:
    """What no box of a figure shows: the order of the blocks, and norms, activations and dropout, if they are unusual.

    And how the paths of the blocks become one, if that is no addition, and stochastic depth.
    """
    orders = _by_stage(network, lambda stage: [f"order {block.order}" for block in stage.blocks])
    companions = dict.fromkeys((layer.box, layer.text) for _, layer in network.layers() if layer.is_companion)
    activating = any(isinstance(layer, EvoNorm) and layer.activates for _, layer in network.layers())
    kinds = {*(box for box, _ in companions), *(("act",) if activating else ())}
    none = [text for box, text in (("norm", "no norms"), ("act", "no activations")) if box not in kinds]
    unusual = [text for _, text in companions if text not in USUAL]
    joins = _by_stage(network, lambda stage: [*_joins(stage), *_drop_path(stage)])
    return tuple(line for line in ("; ".join(orders), "; ".join([*unusual, *none]), *joins) if line)


def join_text(block: Block) -> str:
    """How shortcut and branch of a block become one, or nothing where they are added."""
    return "" if isinstance(block.join, Add) else block.join.formula


def _attention(stage: Stage) -> Iterator[str]:
    """The gates at the ends of the stage's branches."""
    yield from dict.fromkeys(
        block.branch[-1].text for block in stage.blocks if block.branch and block.branch[-1].is_gate
    )


def _joins(stage: Stage) -> Iterator[str]:
    """How the paths of the stage's blocks become one, where that is no addition."""
    yield from dict.fromkeys(f"joined as {text}" for block in stage.blocks if (text := join_text(block)))


def _drop_path(stage: Stage) -> Iterator[str]:
    if stage.drop_path:
        yield f"drop path up to {stage.drop_path:g}"


def _by_stage(network: Network, of: Callable[[Stage], Iterable[str]]) -> list[str]:
    """What there is to say of each stage, with the stages where it does not hold for all."""
    found: dict[str, list[str]] = {}
    stages = [stage for stage in network.stages if stage.blocks]
    for stage in stages:
        for text in dict.fromkeys(of(stage)):
            found.setdefault(text, []).append(stage.name)
    return [text if len(names) == len(stages) else f"{text} in {', '.join(names)}" for text, names in found.items()]


def _item_text(item: Block | Layer) -> str:
    return block_text(item) if isinstance(item, Block) else item.text


def whole_text(layer: Layer) -> str:
    """What a layer's box says of it, and what that leaves out."""
    return ", ".join([layer.text, *(f"{name} {value}" for name, value in layer.details)])


def map_text(size: Pair) -> str:
    """A map's size as the papers give it: `56`, or `56x40` where it is not square."""
    return f"{size[0]}" if size[0] == size[1] else size_text(size)


def clean(text: str) -> str:
    """`text` on one line, without the characters that XML forbids or that a terminal would act on."""
    return safe(" ".join(_UNPRINTABLE.sub(" ", text).split()))
