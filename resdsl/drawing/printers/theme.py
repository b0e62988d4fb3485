"""How a drawing looks. Shape and line carry the meaning; colour only repeats it, so that a grey print can be read."""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass

from resdsl.drawing.columns.column import Kind, Status
from resdsl.drawing.places.drawing import POINTS, TEXTS, Edge, Node
from resdsl.ir.shape import Pair

START, TURN = 0.61, 0.3
"""The hue of a single pixel, and by how much it turns where a map's sides double."""


@dataclass(frozen=True, slots=True)
class Paint:
    """A box's inside and its outline."""

    fill: str
    line: str


@dataclass(frozen=True, slots=True)
class Shade:
    """How light and how full the colours of maps are, inside and in outline: two values of HLS each, from 0 to 1."""

    fill: tuple[float, float]
    line: tuple[float, float]

    def paint(self, size: Pair) -> Paint:
        """Half the size is far away on the wheel of hues, and comes back to it only after ten halvings."""
        hue = (START + TURN * math.log2(size[0] * size[1]) / 2) % 1
        return Paint(*(_hex(colorsys.hls_to_rgb(hue, *shade)) for shade in (self.fill, self.line)))


def _hex(colour: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours. A map's is the same in every figure: its hue goes with the logarithm of its size."""

    name: str
    background: str
    ink: str
    faint: str
    accent: str
    plain: Paint
    maps: Shade
    kinds: dict[Kind, Paint]
    statuses: dict[Status, Paint]

    def paint(self, node: Node) -> Paint:
        """The colours of a box."""
        if node.status:
            return self.statuses[node.status]
        if node.kind in ("conv", "stage") and node.map is not None:
            return self.maps.paint(node.map)
        return self.kinds.get(node.kind, self.plain)

    def line(self, edge: Edge) -> str:
        """The colour of a line."""
        return self.statuses[edge.status].line if edge.status not in ("", "same") else self.ink

    def text(self, node: Node) -> str:
        """The colour of what a node says."""
        if node.kind == "mark":
            return self.statuses[node.status].line
        return self.faint if node.kind in ("subtitle", "label", "note") else self.ink


LINKED = ":target :is(path, polygon, ellipse) {{ stroke: {colour}; stroke-width: 3; }}"
"""The style, in SVG, of the part that a link names: `figure.svg#resnet34.conv1`."""

BORDERS: dict[Status, tuple[str, ...]] = {"added": ("bold",), "removed": ("dashed",), "changed": ("bold",)}
"""How a comparison outlines boxes."""

SHAPES: dict[Kind, str] = {
    "conv": 'style="rounded,filled"',
    "stage": 'style="rounded,filled"',
    "pool": 'shape=invtrapezium, style="filled"',
    "linear": 'style="filled"',
    "norm": 'style="filled"',
    "act": 'shape=ellipse, style="filled"',
    "gate": 'shape=hexagon, style="filled"',
    "other": 'shape=octagon, style="filled"',
    "add": 'shape=circle, style="filled", fontsize=13',
    **dict.fromkeys(POINTS, 'shape=point, style="filled"'),
    "frame": 'style="rounded,dashed"',
    **dict.fromkeys(TEXTS, 'shape=plaintext, style=""'),
}
"""What each kind of box is drawn as, in the terms of Graphviz, where a figure runs down."""


def shape(node: Node, right: bool) -> str:
    """What a node is drawn as; a comparison outlines boxes."""
    look = 'shape=trapezium, orientation=270, style="filled"' if right and node.kind == "pool" else SHAPES[node.kind]
    return look.replace("filled", ",".join(["filled", *BORDERS.get(node.status, ())]))


LIGHT = Theme(
    name="light",
    background="#ffffff",
    ink="#1b1f27",
    faint="#555d6b",
    accent="#d1242f",
    plain=Paint("#f4f5f7", "#5a6270"),
    maps=Shade(fill=(0.89, 0.72), line=(0.37, 0.5)),
    kinds={
        "add": Paint("#ffffff", "#1b1f27"),
        **dict.fromkeys(POINTS, Paint("#1b1f27", "#1b1f27")),
        "frame": Paint("#ffffff", "#8b93a1"),
    },
    statuses={
        "same": Paint("#f4f5f7", "#9aa1ad"),
        "added": Paint("#cdebd0", "#1a7f37"),
        "removed": Paint("#fbd5d5", "#b42318"),
        "changed": Paint("#fdeebb", "#946200"),
    },
)

DARK = Theme(
    name="dark",
    background="#14171c",
    ink="#eceff4",
    faint="#a4adbb",
    accent="#ff7b72",
    plain=Paint("#262b34", "#8c96a6"),
    maps=Shade(fill=(0.2, 0.42), line=(0.64, 0.6)),
    kinds={
        "add": Paint("#14171c", "#eceff4"),
        **dict.fromkeys(POINTS, Paint("#eceff4", "#eceff4")),
        "frame": Paint("#14171c", "#6f7988"),
    },
    statuses={
        "same": Paint("#20242c", "#5d6675"),
        "added": Paint("#1c4a29", "#5fd07f"),
        "removed": Paint("#5a2422", "#f28b82"),
        "changed": Paint("#4d3f0b", "#e3c04b"),
    },
)

THEMES = {theme.name: theme for theme in (LIGHT, DARK)}
