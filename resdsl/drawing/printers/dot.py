"""Drawing to DOT. The places are in it: any Graphviz draws it as it stands (`layout=nop2`), and so can an editor."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from resdsl.drawing.columns.wording import MARKS, clean
from resdsl.drawing.places.drawing import MARK, TEXTS, Drawing, Edge, Node, Point
from resdsl.drawing.places.measure import BOLDS, TEXT, font_size
from resdsl.drawing.printers.theme import Theme, shape

FONT = "Arial,Helvetica,sans-serif"
HEAD = 0.45
"""The size of an arrow's head; 1 is 10 points long."""


def to_dot(drawing: Drawing, theme: Theme, *settings: str) -> str:
    """The drawing as DOT text, the same for the same drawing, byte by byte; `settings` are the graph's, such as `dpi=192`."""
    return "\n".join(_lines(drawing, theme, settings)) + "\n"


def _lines(drawing: Drawing, theme: Theme, settings: tuple[str, ...]) -> Iterator[str]:
    yield f"// {MARK}"
    yield f"digraph {_quoted(drawing.title)} {{"
    graph = ("layout=nop2", "outputorder=nodesfirst", f'bgcolor="{theme.background}"', "pad=0.1", *settings)
    yield f"  graph [{', '.join(graph)}];"
    text = f'fontname="{FONT}", fontsize={TEXT:g}, fontcolor="{theme.ink}"'
    yield f"  node [shape=box, fixedsize=true, margin=0, {text}];"
    yield f'  edge [color="{theme.ink}", penwidth=0.8, arrowsize={HEAD}];'
    for node in drawing.nodes:
        yield f"  {_quoted(node.id)} [{_node(node, theme, drawing.right)}];"
    for edge in drawing.edges:
        yield f"  {_quoted(edge.tail)} -> {_quoted(edge.head)} [{_edge(edge, theme)}];"
    yield "}"


def _node(node: Node, theme: Theme, right: bool) -> str:
    attributes = [
        f"id={_quoted(node.id)}",
        f'pos="{_place(node.at)}"',
        f"width={_inches(node.width)}, height={_inches(node.height)}",
        f"label={_bold(node.text) if node.kind in BOLDS else _label(node)}",
        shape(node, right),
    ]
    if node.kind in TEXTS:
        attributes.append(f'fontsize={font_size(node.kind):g}, fontcolor="{theme.text(node)}"')
    else:
        paint = theme.paint(node)
        attributes.append(f'fillcolor="{paint.fill}", color="{paint.line}"')
    return ", ".join([*attributes, *_tooltip(node)])


def _edge(edge: Edge, theme: Theme) -> str:
    attributes = [f"id={_quoted(edge.id)}", f'pos="{_spline(edge)}"']
    if not edge.arrow:
        attributes.append("arrowhead=none")
    if edge.line != "solid":
        attributes.append(f"style={edge.line}")
    if edge.shortcut:
        attributes.append("penwidth=1.2")
    if theme.line(edge) != theme.ink:
        attributes.append(f'color="{theme.line(edge)}"')
    return ", ".join([*attributes, *_tooltip(edge)])


def _bold(lines: tuple[str, ...]) -> str:
    return f"<{'<br/>'.join(f'<b>{escape(clean(line))}</b>' for line in lines)}>"


def _label(node: Node) -> str:
    text = _quoted(MARKS.get(node.status, "") + "\n".join(node.text) if node.text else "")
    return f'{text[:-1]}\\l"' if node.kind == "note" else text


def _tooltip(part: Node | Edge) -> list[str]:
    return [f"tooltip={_quoted(str(part.facts))}"] if part.facts else []


def _spline(edge: Edge) -> str:
    """The points, the last of them the neck of the arrow's head, whose tip comes first."""
    points = list(edge.points)
    tip = ""
    if edge.arrow:
        tip = f"e,{_place(points[-1])} "
        points[-1] = points[-2] = _neck(points[-1], next(point for point in reversed(points) if point != points[-1]))
    return tip + " ".join(map(_place, points))


def _neck(tip: Point, before: Point) -> Point:
    length = math.dist(tip, before)
    share = min(10 * HEAD / length, 0.9)
    return Point(tip.x + (before.x - tip.x) * share, tip.y + (before.y - tip.y) * share)


def _place(point: Point) -> str:
    return f"{_number(point.x)},{_number(0 - point.y)}"


def _number(points: float) -> str:
    """Hundredths of a point, as short as may be."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _inches(points: float) -> str:
    return f"{points / 72:.4g}"


def _quoted(text: str) -> str:
    """`text` as DOT reads it back: it knows escapes, and takes `&` for the start of an entity."""
    lines = [clean(line).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n")]
    return '"' + "\\n".join(lines) + '"'
