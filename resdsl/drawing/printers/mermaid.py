"""Drawing to Mermaid, which GitHub and many wikis draw by themselves: our boxes and lines, at places of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

from resdsl.drawing.columns.column import Kind
from resdsl.drawing.columns.wording import MARKS, clean
from resdsl.drawing.places.drawing import MARK, Drawing, Edge, Node, Panel
from resdsl.drawing.printers.theme import Paint, Theme

SHAPES: dict[Kind, tuple[str, str]] = {
    "image": (">", "]"),
    "conv": ("(", ")"),
    "stage": ("(", ")"),
    "pool": ("[\\", "/]"),
    "linear": ("[", "]"),
    "norm": ("[", "]"),
    "act": ("([", "])"),
    "gate": ("{{", "}}"),
    "other": ("[[", "]]"),
    "add": ("((", "))"),
    "join": ("((", "))"),
    "fork": ("((", "))"),
}
LINES = {"solid": "==>", "dotted": "-.->", "dashed": "-.->"}


def to_mermaid(drawing: Drawing, theme: Theme) -> str:
    """The drawing as a Mermaid flowchart, a subgraph for each panel; map sizes and the small print are left out."""
    return "\n".join(_Writer(theme, drawing).lines()) + "\n"


@dataclass(slots=True)
class _Writer:
    theme: Theme
    drawing: Drawing
    ids: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    frames: list[str] = field(default_factory=list)
    classes: dict[tuple[Paint, bool], str] = field(default_factory=dict)

    @property
    def way(self) -> str:
        return "LR" if self.drawing.right else "TB"

    def lines(self) -> Iterator[str]:
        yield f"---\ntitle: {_plain(self.drawing.title)}\n---"
        yield f"%% {MARK}"
        yield f"flowchart {self.way}"
        for panel in self.drawing.panels:
            if any(node.kind in SHAPES for node in panel.nodes):
                yield from self._panel(panel)
        yield f"  classDef frame fill:{self.theme.background},stroke:{self.theme.faint},color:{self.theme.ink}"
        yield f"  linkStyle default stroke:{self.theme.ink}"
        yield f"  class {','.join(self.frames)} frame"
        for (paint, dashed), name in self.classes.items():
            dash = ",stroke-dasharray:4 3" if dashed else ""
            yield f"  classDef {name} fill:{paint.fill},stroke:{paint.line},color:{self.theme.ink}{dash}"

    def _panel(self, panel: Panel) -> Iterator[str]:
        yield f'  subgraph {self._frame(f"{panel.id}/panel")}["{_escaped(panel.title)}"]'
        yield f"    direction {self.way}"
        titles = {node.id: node.facts.name for node in panel.nodes if node.kind == "frame" and node.facts}
        for group, nodes in groupby(panel.nodes, key=lambda node: node.group):
            yield from self._group(group, titles.get(group, ""), nodes)
        yield "  end"
        for edge in panel.edges:
            yield f"  {self._id(edge.tail)} {self._arrow(edge)} {self._id(edge.head)}"

    def _group(self, group: str, title: str, nodes: Iterable[Node]) -> Iterator[str]:
        lines = [self._node(node) for node in nodes if node.kind in SHAPES]
        if not group:
            yield from (f"    {line}" for line in lines)
            return
        yield f'    subgraph {self._frame(group)}["{_escaped(title)}"]'
        yield from (f"      {line}" for line in lines)
        yield "    end"

    def _node(self, node: Node) -> str:
        start, end = SHAPES[node.kind]
        text = _escaped(node.note) or "<br/>".join(map(_escaped, node.text)) or " "
        look = self.theme.paint(replace(node, kind="add") if node.kind == "join" else node), node.status == "removed"
        name = self.classes.setdefault(look, f"look{len(self.classes)}")
        return f'{self._id(node.id)}{start}"{MARKS.get(node.status, "")}{text}"{end}:::{name}'

    def _arrow(self, edge: Edge) -> str:
        arrow = LINES[edge.line] if edge.shortcut else "-->" if edge.arrow else "---"
        note = edge.note or MARKS.get(edge.status, "").strip()
        return f'{arrow}|"{_escaped(note)}"|' if note else arrow

    def _frame(self, id: str) -> str:
        self.frames.append(self._id(id))
        return self.frames[-1]

    def _id(self, id: str) -> str:
        """An id of letters, digits and underscores, one for each of the drawing's."""
        if id not in self.ids:
            # The prefix keeps ids off Mermaid's own words, such as `end`.
            plain = "n_" + re.sub(r"[^A-Za-z0-9]", "_", id)
            while plain in self.taken:
                plain += "_"
            self.taken.add(plain)
            self.ids[id] = plain
        return self.ids[id]


def _escaped(text: str) -> str:
    return re.sub(r"[#&<>\"`]", lambda found: f"#{ord(found[0])};", clean(text))


def _plain(text: str) -> str:
    """A text that is one YAML string."""
    return json.dumps(clean(text), ensure_ascii=False)
