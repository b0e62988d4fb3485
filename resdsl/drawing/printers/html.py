"""Drawing to one HTML file that needs nothing else: the picture, and a small script to look at it closely."""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path

from resdsl.drawing.places.drawing import MARK, Drawing, Edge, Node
from resdsl.drawing.printers.theme import Theme

TEMPLATE = Path(__file__).with_name("page.html")


def to_html(drawing: Drawing, theme: Theme, svg: str) -> str:
    """The page around a picture of the drawing whose parts carry their ids."""
    values = {
        "mark": MARK,
        "title": escape(drawing.title),
        "scheme": theme.name,
        "background": theme.background,
        "ink": theme.ink,
        "faint": theme.faint,
        "accent": theme.accent,
        "panel": theme.plain.fill,
        "line": theme.plain.line,
        "facts": _json(drawing),
        "svg": svg[svg.index("<svg") :],
    }
    # In one pass: what a value holds is not looked at again.
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], TEMPLATE.read_text("utf-8"))


def _json(drawing: Drawing) -> str:
    """What there is to know about each part, by its id; without `<`, which could end the script element."""
    parts: tuple[Node | Edge, ...] = (*drawing.nodes, *drawing.edges)
    facts = {part.id: [part.facts.name, *part.facts.rows] for part in parts if part.facts}
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
