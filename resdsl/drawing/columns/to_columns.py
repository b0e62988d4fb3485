"""Network to column: which layers get a box, and what the box says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from resdsl.drawing.columns.column import Arc, Box, Column, Segment, Traits, shortcut_line
from resdsl.drawing.columns.facts import Describer
from resdsl.drawing.columns.wording import (
    block_text,
    join_text,
    network_title,
    stage_text,
    unseen_text,
    whole_text,
)
from resdsl.ir.block import Block
from resdsl.ir.cost import short
from resdsl.ir.layers import Layer
from resdsl.ir.network import Stage


def to_column(describe: Describer, id: str, *, by_stage: bool = False, everything: bool = False) -> Column:
    """The column of a network: a segment per block, or per stage.

    Norms, activations and dropout get no box, as in the paper; outside blocks they do where `everything` is asked for.
    """
    network = describe.network
    reader = _Reader(describe, id, everything)
    stages = [
        segment
        for stage in network.stages
        for segment in ([reader.whole(stage)] if by_stage else reader.segments(stage))
    ]
    cost = network.cost()
    return Column(
        id,
        network_title(network),
        (
            f"{network.depth} layers, {short(cost.params, digits=3)} params",
            f"{short(cost.macs, digits=3)} MACs",
            *unseen_text(network),
        ),
        Box(f"{id}/image", "image", (f"image, {network.input}",), describe.image(), (("input", str(network.input)),)),
        (*reader.loose(network.stem), *stages, *reader.loose(network.tail + network.head)),
        describe,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes the segments of one network."""

    describe: Describer
    id: str
    everything: bool

    def loose(self, layers: Iterable[Layer], stage: str = "") -> Iterator[Segment]:
        """A segment for each layer outside the blocks."""
        for layer in layers:
            if self.everything or not layer.is_companion:
                name = f"{stage}.{layer.name}" if stage else layer.name
                yield Segment(name, stage, layer.output.map, (self._box(name, layer),))

    def segments(self, stage: Stage) -> Iterator[Segment]:
        """A segment for each block of a stage, and for each layer between them."""
        for item in stage.items:
            if isinstance(item, Block):
                boxes = tuple(self._boxes(item)) or (self._empty(item),)
                yield Segment(item.name, stage.name, item.output.map, boxes, self._arc(item, stage), item)
            else:
                yield from self.loose([item], stage.name)

    def whole(self, stage: Stage) -> Segment:
        """One box for a stage."""
        text = stage_text(stage)
        last = stage.items[-1]
        end = last.name if isinstance(last, Block) else f"{stage.name}.{last.name}"
        facts = self.describe.part(stage.name, "; ".join(text), stage, field=end)
        traits = (("stage", "; ".join(text)), *_traits(stage.blocks))
        box = Box(f"{self.id}.{stage.name}", "stage", text, facts, traits, tuple(_parts(stage)))
        return Segment(stage.name, stage.name, stage.output.map, (box,))

    def _boxes(self, block: Block) -> Iterator[Box]:
        for layer in block.shared + block.branch:
            if not layer.is_companion:
                yield self._box(f"{block.name}.{layer.name}", layer, block)

    def _box(self, name: str, layer: Layer, block: Block | None = None) -> Box:
        text = layer.text
        facts = self.describe.layer(name, layer, *([block.span] if block else []))
        traits = (("layer", text), *layer.details, *_traits([block] if block else []))
        return Box(f"{self.id}.{name}", layer.box, (text,), facts, traits)

    def _empty(self, block: Block) -> Box:
        """A block without any layer that would get a box."""
        text = block_text(block)
        facts = self.describe.part(block.name, text, block, field=block.name)
        return Box(f"{self.id}.{block.name}/layers", "other", (text,), facts, _traits([block]))

    def _arc(self, block: Block, stage: Stage) -> Arc | None:
        if block.shortcut is None:
            return None
        id, text = f"{self.id}.{block.name}", ", ".join(layer.text for layer in block.shortcut.layers) or "identity"
        facts = self.describe.shortcut(block, text)
        parts = tuple((layer.name, whole_text(layer)) for layer in (*block.shortcut.layers, *block.join.layers))
        traits = (("join", block.join.formula), ("drop path", f"{stage.drop_path:g}"))
        join = self.describe.join(block)
        return Arc(id, shortcut_line(block), text, facts, join, join_text(block), traits, parts)


def _traits(blocks: Iterable[Block]) -> Traits:
    """How the blocks are ordered, and their layers that get no box."""
    orders = dict.fromkeys(block.order for block in blocks)
    unseen = dict.fromkeys(whole_text(layer) for block in blocks for _, layer in block.parts() if layer.is_companion)
    return (("order", " and ".join(orders)), ("next to", " and ".join(unseen)))


def _parts(stage: Stage) -> Iterator[tuple[str, str]]:
    """Every layer of a stage by its name within the network."""
    for item in stage.items:
        if isinstance(item, Block):
            yield from ((f"{item.name}.{name}", whole_text(layer)) for name, layer in item.parts())
        else:
            yield f"{stage.name}.{item.name}", whole_text(item)
