"""What part of the input a pixel of each map depends on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from resdsl.ir.block import Block
from resdsl.ir.layers import Layer
from resdsl.ir.network import Network
from resdsl.ir.shape import Pair


class Field(NamedTuple):
    """A receptive field in input pixels, padding not counted, and the jump: input pixels from one pixel to the next.

    `r + (k - 1) * j` and `j * s` for a kernel k with stride s (Araujo, Norris and Sim 2019, Computing Receptive Fields
    of Convolutional Neural Networks).
    """

    rows: int = 1
    columns: int = 1
    jump: Pair = (1, 1)

    def after(self, layer: Layer) -> Field:
        """The field of a pixel after `layer`. The gate of squeeze-excite, which sees the whole map, is not counted."""
        (rows, columns), (down, right), (vertical, horizontal) = layer.window, self.jump, layer.strides
        wider = self.rows + (rows - 1) * down, self.columns + (columns - 1) * right
        return Field(*wider, (down * vertical, right * horizontal))

    def __str__(self) -> str:
        return str(self.rows) if self.rows == self.columns else f"{self.rows}x{self.columns}"


def receptive_fields(network: Network) -> dict[str, Field]:
    """The field after every layer (`layer2.0.conv1`) and block (`layer2.0`: the larger of its two paths)."""
    fields: dict[str, Field] = {}
    _run(fields, _behind_stages(fields, network), network.tail + network.head)
    return fields


def receptive_field(network: Network) -> Field:
    """The field of a pixel of the last map before the head."""
    return _behind_stages({}, network)


def _behind_stages(fields: dict[str, Field], network: Network) -> Field:
    end = _run(fields, Field(), network.stem)
    for stage in network.stages:
        for item in stage.items:
            if isinstance(item, Block):
                end = fields[item.name] = _block(fields, end, item)
            else:
                end = _run(fields, end, [item], f"{stage.name}.")
    return end


def _run(fields: dict[str, Field], start: Field, layers: Iterable[Layer], prefix: str = "") -> Field:
    end = start
    for layer in layers:
        end = fields[f"{prefix}{layer.name}"] = end.after(layer)
    return end


def _block(fields: dict[str, Field], start: Field, block: Block) -> Field:
    prefix = f"{block.name}."
    _run(fields, start, block.join.layers, prefix)
    fork = _run(fields, start, block.shared, prefix)
    branch = _run(fields, fork, block.branch, prefix)
    shortcut = _run(fields, fork, block.shortcut.layers if block.shortcut else (), f"{prefix}downsample.")
    joined = Field(max(branch.rows, shortcut.rows), max(branch.columns, shortcut.columns), branch.jump)
    return _run(fields, joined, block.after, prefix)
