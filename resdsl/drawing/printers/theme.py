"""How a drawing looks. Shape and line carry the meaning; colour only repeats it, so that a grey print can be read."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.drawing.columns.column import Kind, Status
from resdsl.drawing.places.drawing import POINTS, TEXTS, Edge, Node


@dataclass(frozen=True, slots=True)
class Paint:
    """A box's inside and its outline."""

    fill: str
    line: str


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours: `maps` are those of successive map sizes, and start again after the last."""

    name: str
    background: str
    ink: str
    faint: str
    plain: Paint
    maps: tuple[Paint, ...]
    kinds: dict[Kind, Paint]
    statuses: dict[Status, Paint]

    def paint(self, node: Node) -> Paint:
        """The colours of a box."""
        if node.status:
            return self.statuses[node.status]
        if node.kind in ("conv", "stage") and node.colour is not None:
            return self.maps[node.colour % len(self.maps)]
        return self.kinds.get(node.kind, self.plain)

    def line(self, edge: Edge) -> str:
        """The colour of a line."""
        return self.statuses[edge.status].line if edge.status not in ("", "same") else self.ink

    def text(self, node: Node) -> str:
        """The colour of what a node says."""
        return self.faint if node.kind in ("subtitle", "label") else self.ink


SHAPES: dict[Kind, str] = {
    "conv": 'style="rounded,filled"',
    "stage": 'style="rounded,filled"',
    "pool": 'shape=invtrapezium, style="filled"',
    "linear": 'style="filled"',
    "norm": 'style="filled"',
    "act": 'shape=ellipse, style="filled"',
    "other": 'shape=octagon, style="filled"',
    "add": 'shape=circle, style="filled", fontsize=13',
    **dict.fromkeys(POINTS, 'shape=point, style="filled"'),
    "frame": 'style="rounded,dashed"',
    **dict.fromkeys(TEXTS, 'shape=plaintext, style=""'),
}
"""What each kind of box is drawn as, in the terms of Graphviz."""

MARKS: dict[Status, str] = {"added": "+ ", "removed": "− ", "changed": "~ "}
"""What stands before the text of a box in a comparison, so that it needs no colour."""

BORDERS: dict[Status, tuple[str, ...]] = {"added": ("bold",), "removed": ("dashed",), "changed": ("bold",)}
"""How a comparison outlines boxes."""

LIGHT = Theme(
    name="light",
    background="#ffffff",
    ink="#1b1f27",
    faint="#555d6b",
    plain=Paint("#f4f5f7", "#5a6270"),
    maps=(
        Paint("#fde3c2", "#b5701a"),
        Paint("#fbf0b4", "#9a8412"),
        Paint("#e3dcf7", "#6a51b2"),
        Paint("#d3edcf", "#3d8a3a"),
        Paint("#f9d5d5", "#b34646"),
        Paint("#cfe4f8", "#2f70ab"),
        Paint("#e6e1da", "#79695a"),
    ),
    kinds={
        "add": Paint("#ffffff", "#1b1f27"),
        **dict.fromkeys(POINTS, Paint("#1b1f27", "#1b1f27")),
        "frame": Paint("#ffffff", "#8b93a1"),
        "conv": Paint("#cfe4f8", "#2f70ab"),
        "norm": Paint("#e3dcf7", "#6a51b2"),
        "act": Paint("#fde3c2", "#b5701a"),
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
    plain=Paint("#262b34", "#8c96a6"),
    maps=(
        Paint("#56380f", "#e5a550"),
        Paint("#4a430d", "#d8c64a"),
        Paint("#382c63", "#a995ea"),
        Paint("#1f4a24", "#7cc978"),
        Paint("#5a2526", "#ea8b8b"),
        Paint("#17405f", "#74b4ea"),
        Paint("#42382d", "#bfa98f"),
    ),
    kinds={
        "add": Paint("#14171c", "#eceff4"),
        **dict.fromkeys(POINTS, Paint("#eceff4", "#eceff4")),
        "frame": Paint("#14171c", "#6f7988"),
        "conv": Paint("#17405f", "#74b4ea"),
        "norm": Paint("#382c63", "#a995ea"),
        "act": Paint("#56380f", "#e5a550"),
    },
    statuses={
        "same": Paint("#20242c", "#5d6675"),
        "added": Paint("#1c4a29", "#5fd07f"),
        "removed": Paint("#5a2422", "#f28b82"),
        "changed": Paint("#4d3f0b", "#e3c04b"),
    },
)

THEMES = {theme.name: theme for theme in (LIGHT, DARK)}
