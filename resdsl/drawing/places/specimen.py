"""Blocks to draw from within, each for all of its like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from resdsl.drawing.columns.column import Box
from resdsl.drawing.columns.facts import Describer
from resdsl.drawing.columns.wording import block_text, join_text, network_title
from resdsl.ir.block import Block
from resdsl.ir.layers import Gate, Layer
from resdsl.ir.layers.window import stride_text


@dataclass(frozen=True, slots=True)
class Specimen:
    """The first of the blocks that look `alike`; `alone` where its network needs no naming."""

    describe: Describer
    id: str
    alike: tuple[Block, ...]
    alone: bool

    @property
    def block(self) -> Block:
        return self.alike[0]

    @property
    def name(self) -> str:
        """What the ids of everything in it start with."""
        return f"{self.id}.{self.block.name}"

    def titles(self) -> tuple[str, tuple[str, ...]]:
        """The panel's title, and the lines under it."""
        network, block, count = self.describe.network, self.block, len(self.alike)
        name = f"{block.name}, ×{count}" if count > 1 else block.name
        stride = stride_text(block.stride)
        what = (f"{block_text(block)}{stride}", f"order {block.order}")
        return (name, what) if self.alone else (network_title(network), (name, *what))

    @property
    def boxes(self) -> Iterator[Box]:
        """Every box of its layers and of its join."""
        block, shortcut = self.block, self.block.shortcut
        yield from (*self.layers(block.shared), *self.layers(block.branch), *self.layers(block.after), *self.drop_path)
        yield from self.layers(shortcut.layers if shortcut else (), "downsample.")
        yield from (*self.join, *self.gate)

    def layers(self, layers: Iterable[Layer], prefix: str = "") -> Iterator[Box]:
        """A box for each layer."""
        for layer in layers:
            yield self._box(f"{self.block.name}.{prefix}{layer.name}", layer, (layer.text,))

    @property
    def drop_path(self) -> Iterator[Box]:
        """Stochastic depth, with what it is from the first to the last of the blocks."""
        shares = [block.drop_path for block in self.alike]
        if max(shares):
            text = "–".join(dict.fromkeys(f"{share:.2g}" for share in (min(shares), max(shares))))
            yield Box(f"{self.name}/drop_path", "other", (f"drop path {text}",), self.describe.join(self.block))

    @property
    def gate(self) -> Iterator[Box]:
        """The gate of the join."""
        for layer in self.block.join.layers:
            if isinstance(layer, Gate):
                yield self._box(f"{self.block.name}.{layer.name}", layer, ("g = sigmoid of", layer.text))

    @property
    def join(self) -> Iterator[Box]:
        """The join with what it learns, where it is no addition."""
        if text := join_text(self.block):
            learned = [layer.text for layer in self.block.join.layers if not isinstance(layer, Gate)]
            yield Box(f"{self.name}/add", "gate", (text, *learned), self.describe.join(self.block))

    def _box(self, name: str, layer: Layer, text: tuple[str, ...]) -> Box:
        facts = self.describe.layer(name, layer, self.block.span)
        return Box(f"{self.id}.{name}", layer.box, text, facts, map=layer.output.map)


def block_looks(block: Block) -> tuple[object, ...]:
    """Equal for two blocks whose drawings differ in nothing but the name, and in the share of stochastic depth."""
    layers = tuple((name, layer.text, layer.details) for name, layer in block.parts())
    return block.input, block.output, block.order, block.shortcut is None, layers, block.join.formula
