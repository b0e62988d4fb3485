"""What a reader may ask about a box: its shapes, cost, receptive field, and the line of the spec that it comes from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from resdsl.analysis.receptive_field import Field, receptive_fields
from resdsl.diagnostics import Span
from resdsl.drawing.columns.wording import join_text, whole_text
from resdsl.ir.block import Block
from resdsl.ir.layers import Layer
from resdsl.ir.network import Network, Stage
from resdsl.lower.library import prelude_text
from resdsl.lower.mistake import PRELUDE

Part = Stage | Block | Layer


@dataclass(frozen=True, slots=True)
class Facts:
    """What a reader may ask about a part: its name, and labelled values in the order in which to read them."""

    name: str
    rows: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return " · ".join([self.name, *(f"{label} {value}" for label, value in self.rows)])


@dataclass(frozen=True, slots=True)
class Describer:
    """Knows a network, the receptive fields of its parts, and the lines of its files, any of which may be missing."""

    network: Network
    lines: Mapping[str, list[str]]
    fields: Mapping[str, Field]

    @staticmethod
    def of(network: Network, sources: Mapping[str, str] | None = None) -> Describer:
        """The describer of a network whose files hold the texts in `sources`."""
        texts = {PRELUDE: prelude_text(), **(sources or {})}
        lines = {file: text.split("\n") for file, text in texts.items()}
        return Describer(network, lines, receptive_fields(network))

    def layer(self, name: str, layer: Layer, *places: Span) -> Facts:
        """The facts of one layer; `places` are where it comes from, before its own."""
        what = whole_text(layer)
        return self.part(name, what, layer, *places, field=name)

    def part(self, name: str, what: str, part: Part, *places: Span, field: str, count: int = 1) -> Facts:
        """The facts of a part that stands for `count` equal ones; `field` names the layer or block at its end."""
        rows = [
            ("is", what),
            ("map", f"{part.input} → {part.output}"),
            *_costs([part], " each" if count > 1 else ""),
            ("receptive field", str(self.fields[field])),
            *self._places(*places, part.span),
        ]
        return Facts(name, tuple(rows))

    def shortcut(self, block: Block, what: str) -> Facts:
        """The facts of a block's shortcut."""
        layers, place = (block.shortcut.layers, block.shortcut.span) if block.shortcut else ((), block.span)
        return Facts(f"{block.name} shortcut", (("is", what), *_costs(layers), *self._places(place)))

    def join(self, block: Block) -> Facts:
        """The facts of where the two paths of a block become one."""
        text, layers = join_text(block), block.join.layers
        formula = [("is", text)] if text else []
        learned = [("learned", "; ".join(map(whole_text, layers))), *_costs(layers)] if layers else []
        drop = [("drop path", f"{block.drop_path:.3g}")] if block.drop_path else []
        rows = *formula, ("map", str(block.output)), *learned, *drop, *self._places(block.span)
        return Facts(f"{block.name} {'join' if text else 'addition'}", rows)

    def image(self) -> Facts:
        """The facts of the input."""
        return Facts("input", (("map", str(self.network.input)), *self._places(self.network.span)))

    def _places(self, *spans: Span) -> list[tuple[str, str]]:
        """`resnet.res:15` with the text of that line, once for each line."""
        lines = dict.fromkeys((span.file, span.line) for span in spans)
        return [(f"{self._name(file)}:{line}", self._line(file, line)) for file, line in lines]

    def _name(self, file: str) -> str:
        """A file as seen from the folder of the network's own: the same wherever that lies."""
        return file if file == PRELUDE else os.path.relpath(file, os.path.dirname(self.network.span.file) or ".")

    def _line(self, file: str, line: int) -> str:
        lines = self.lines.get(file, [])
        return lines[line - 1].strip() if line <= len(lines) else ""


def _costs(parts: Iterable[Part], each: str = "") -> list[tuple[str, str]]:
    costs = [part.cost() for part in parts]
    params, macs = sum(c.params for c in costs), sum(c.macs for c in costs)
    return [("params", f"{params:,}{each}"), ("MACs", f"{macs:,}{each}")]
