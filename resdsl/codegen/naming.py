"""What classes are called, and the lines that say what they are."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from textwrap import wrap

from resdsl.codegen.layout import WIDTH
from resdsl.codegen.model import CHANGES_SHAPE
from resdsl.ir.block import Block
from resdsl.ir.join import Add
from resdsl.ir.layers import Act, BaseNorm, Conv, Layer, PRelu
from resdsl.ir.network import Network
from resdsl.ir.order import Order, Part
from resdsl.version import __version__

LONGEST = 40
_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


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


def network_class_name(network: Network, taken: Collection[str]) -> str:
    """`ResNet34`, from the title or else the name."""
    for text in (network.title, network.name):
        name = _camel(text)
        if text.isascii() and name.isidentifier() and len(name) <= LONGEST:
            return f"{name}Network" if name in taken or keyword.iskeyword(name) else name
    return "Network"


def snake_case(name: str) -> str:
    """`BasicBlock` as basic_block, `SiLUBasicBlock` as silu_basic_block."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def describe_block(block: Block) -> str:
    """`Two 3x3 weight layers next to a shortcut; ReLU after the addition.`"""
    joined = "" if block.join == Add() else f", joined as {block.join.formula}"
    path = f"next to a shortcut{joined}" if block.shortcut else "without a shortcut"
    return f"{_weight_layers(block)} {path}{_remark(block)}."


def describe_flag(flag: str) -> str:
    """What is said of `self.activate_both = flag`."""
    first = "" if flag == CHANGES_SHAPE else ", and in the first block of all,"
    return f"Where the shape changes{first} the shortcut starts after the first activation."


def describe_network(network: Network) -> str:
    """`34 weight layers: from 3x224x224 images to 1000 logits.`"""
    layers = "weight layer" if network.depth == 1 else "weight layers"
    output = network.output
    goal = f"{output.channels} logits" if output.map == (1, 1) else f"maps of {output}"
    return f"{network.depth} {layers}: from {network.input} images to {goal}."


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


def _layers(block: Block) -> Iterator[Layer]:
    yield from (*block.shared, *block.branch, *block.after)


def _norm(block: Block) -> str:
    return next((layer.class_word for layer in _layers(block) if isinstance(layer, BaseNorm)), "Unnormalized")


def _act(block: Block) -> str:
    return next((_camel(layer.text) for layer in _layers(block) if isinstance(layer, Act | PRelu)), "Linear")


def _attention(block: Block) -> str:
    return next((_camel(layer.word) for layer in _layers(block) if layer.is_gate), "Bare")


def _shortcut(block: Block) -> str:
    if block.shortcut is None:
        return "Plain"
    return "Always" * block.shortcut.always + _camel(block.shortcut.kind)


_TRAITS: tuple[Callable[[Block], str], ...] = (
    lambda block: block.order.class_word, _norm, _act, _shortcut, lambda block: block.join.class_word, _attention,
)  # fmt: skip


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
    """What is remarkable of an order: what stands before each weight layer, or around the addition."""
    parts, place = _remarkable(block.order)
    if block.shortcut is None and place.endswith("addition"):
        return ""
    words = [word for part in parts if (word := _word(part, block))]
    return f"; {_listed(words)} {place}" if words else ""


def _remarkable(order: Order) -> tuple[Sequence[Part], str]:
    if order.preactivation:
        return order.preactivation, "before each weight layer"
    if order.after:
        return order.after, "after the addition"
    return ("act",), "before the addition"


def _word(part: Part, block: Block) -> str:
    if part == "act":
        return next((layer.text for layer in _layers(block) if isinstance(layer, Act | PRelu)), "")
    return "norm" if any(isinstance(layer, BaseNorm) for layer in _layers(block)) else ""


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def heading(network: Network) -> Iterator[str]:
    """The module's docstring: what it is, and the files that it comes from as `sha256sum` lists them."""
    title, cite = _plain(network.title) or network.name, _plain(network.cite)
    yield from wrap(f'"""{title} ({cite}).' if cite else f'"""{title}.', WIDTH)
    yield ""
    yield from wrap(f"Compiled by resdsl {__version__} from {_call(network)}: edit the spec, not this file.", WIDTH)
    if network.source.files:
        yield ""
        yield "sha256 of what it was compiled from:"
        yield from (f"    {file.sha256}  {_plain(file.name)}" for file in network.source.files)
    yield '"""'


def _call(network: Network) -> str:
    """`resnet34.res`, or `cifar_resnet(n = 9) in cifar.res` where that does not say it."""
    source = network.source
    given = ", ".join(f"{name} = {value}" for name, value in source.parameters)
    called = f"{network.name}({given})" if given else network.name
    if not source.files:
        return called
    file = _plain(source.files[0].name)
    return file if file == f"{called}.res" else f"{called} in {file}"


def _plain(text: str) -> str:
    """Text that stands in a docstring as it is."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.replace("\\", "/").replace('"', "'").split())
