"""One line about a class, from its structure."""

from __future__ import annotations

from collections.abc import Sequence

from resdsl.analysis.depth import depth
from resdsl.ir.block import Block, Order
from resdsl.ir.layers import Act, Conv, Layer, Norm
from resdsl.ir.network import Network

ACT_NAMES = {"relu": "ReLU", "gelu": "GELU", "silu": "SiLU", "leaky_relu": "leaky ReLU"}
_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
# Where the norm and act of each order are remarkable: what stands there, and where.
_REMARKS: dict[Order, tuple[tuple[type[Layer], ...], str]] = {
    "post": ((Act,), "after the addition"),
    "norm_after_add": ((Norm, Act), "after the addition"),
    "act_before_add": ((Act,), "before the addition"),
    "act_pre": ((Act,), "before each weight layer"),
    "pre": ((Norm, Act), "before each weight layer"),
}


def describe_block(block: Block) -> str:
    """`Two 3x3 weight layers beside a shortcut; ReLU after the addition.`"""
    beside = "beside a shortcut" if block.shortcut else "without a shortcut"
    return f"{_weight_layers(block)} {beside}{_remark(block)}."


def describe_flag(flag: str) -> str:
    """What is said beside `self.activate_both = flag`."""
    first = "" if flag == "changes_shape" else ", and in the first block of all,"
    return f"Where the shape changes{first} the shortcut starts behind the first activation."


def describe_network(network: Network) -> str:
    """`34 weight layers: from 3x224x224 images to 1000 logits.`"""
    weight_layers = depth(network)
    layers = "weight layer" if weight_layers == 1 else "weight layers"
    output = network.output
    goal = f"{output.channels} logits" if output[1:] == (1, 1) else f"maps of {output}"
    return f"{weight_layers} {layers}: from {network.input} images to {goal}."


def _weight_layers(block: Block) -> str:
    convs = [layer for layer in block.branch if isinstance(layer, Conv)]
    count = _NUMBERS[len(convs)] if len(convs) < len(_NUMBERS) else str(len(convs))
    layers = "weight layer" if len(convs) == 1 else "weight layers"
    kernels = ["" if "kernel" in conv.formulas else "{}x{}".format(*conv.kernel) for conv in convs]
    if not all(kernels) or not kernels:
        return f"{count} {layers}"
    if len(set(kernels)) == 1:
        return f"{count} {kernels[0]} {layers}"
    return f"{_listed(kernels)} {layers}"


def _remark(block: Block) -> str:
    kinds, place = _REMARKS[block.order]
    if block.shortcut is None and place.endswith("addition"):
        return ""
    words = [word for kind in kinds if (word := _word(kind, (*block.shared, *block.branch, *block.after)))]
    return f"; {_listed(words)} {place}" if words else ""


def _word(kind: type[Layer], layers: Sequence[Layer]) -> str:
    found = next((layer for layer in layers if isinstance(layer, kind)), None)
    return ACT_NAMES[found.kind] if isinstance(found, Act) else "norm" if found else ""


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
