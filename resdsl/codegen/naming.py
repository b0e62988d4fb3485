"""Names for classes: of the block's kind, with what sets it apart where several classes share one."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterator, Sequence

from resdsl.codegen.describe import ACT_NAMES
from resdsl.codegen.symbols import RESERVED
from resdsl.ir.block import Block
from resdsl.ir.layers import Act, Layer, Norm
from resdsl.ir.network import Network

LONGEST = 40
_ORDERS = {
    "post": "Post",
    "norm_after_add": "NormAfterAdd",
    "act_before_add": "ActBeforeAdd",
    "act_pre": "ActPre",
    "pre": "PreAct",
}


def block_class_names(blocks: Sequence[Block]) -> list[str]:
    """A name for the class of each block: `BasicBlock`; a second class of one kind is a `GroupNormBasicBlock`."""
    first: dict[str, Block] = {}
    taken: set[str] = set()
    names = []
    for block in blocks:
        base = _kind_name(block.kind)
        like = first.setdefault(base, block)
        name = _free(base if like is block else _difference(like, block) + base, taken)
        taken.add(name)
        names.append(name)
    return names


def network_class_name(network: Network, taken: Sequence[str]) -> str:
    """`ResNet34`, from the title or else the name."""
    for text in (network.title, network.name):
        name = _camel(text)
        if text.isascii() and name.isidentifier() and len(name) <= LONGEST:
            return name if name not in {*taken, *RESERVED} and not keyword.iskeyword(name) else f"{name}Network"
    return "Network"


def _kind_name(kind: str) -> str:
    name = _camel(kind) if kind.isascii() and len(kind) <= LONGEST else ""
    return name if name.endswith("Block") or "Bottleneck" in name else f"{name}Block"


def _camel(text: str) -> str:
    """`ResNet-34` as ResNet34, `wide_resnet_50_2` as WideResnet50_2."""
    name = ""
    for word in re.findall(r"[A-Za-z0-9]+", text):
        name += "_" * (name[-1:].isdigit() and word[0].isdigit()) + word[0].upper() + word[1:]
    return name


def _difference(first: Block, block: Block) -> str:
    return next((trait(block) for trait in _TRAITS if trait(block) != trait(first)), "")


def _free(name: str, taken: set[str]) -> str:
    numbered = (f"{name}{number}" for number in range(2, len(taken) + 3))
    return next(candidate for candidate in (name, *numbered) if candidate not in taken)


def _layers(block: Block, kind: type[Layer]) -> Iterator[Layer]:
    return (layer for layer in (*block.shared, *block.branch, *block.after) if isinstance(layer, kind))


def _norm(block: Block) -> str:
    found = next(_layers(block, Norm), None)
    return f"{found.kind.capitalize()}Norm" if isinstance(found, Norm) else "Unnormalized"


def _act(block: Block) -> str:
    found = next(_layers(block, Act), None)
    return _camel(ACT_NAMES[found.kind]) if isinstance(found, Act) else "Linear"


def _shortcut(block: Block) -> str:
    if block.shortcut is None:
        return "Plain"
    return "Always" * block.shortcut.always + _camel(block.shortcut.kind)


_TRAITS: tuple[Callable[[Block], str], ...] = (lambda block: _ORDERS[block.order], _norm, _act, _shortcut)
