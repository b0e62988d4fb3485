"""Drawing to TikZ, for papers in LaTeX: letters in the paper's own font, and lines that can be edited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from resdsl.drawing.columns.column import Line, Status
from resdsl.drawing.columns.wording import MARKS, clean
from resdsl.drawing.places.drawing import MARK, Drawing, Edge, Node, Point
from resdsl.drawing.places.measure import BOLDS, LINE, font_size
from resdsl.drawing.printers.theme import Paint, Theme

LINES: dict[Line, str] = {"solid": "", "dotted": "dotted, ", "dashed": "dashed, "}
OUTLINES: dict[Status, str] = {
    "": "", "same": "", "added": ", very thick", "removed": ", dashed", "changed": ", very thick",
}  # fmt: skip
SPECIAL = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"$\sim$", "^": r"\textasciicircum{}",
    **{letter: f"\\{letter}" for letter in "#$%&_"}, "×": r"$\times$", "−": "$-$", "→": r"$\to$", "–": "--", "…": r"\dots{}",
    "<": r"\textless{}", ">": r"\textgreater{}", '"': "''", "|": r"\textbar{}",
})  # fmt: skip
HEAD = """\
% {mark}
% As it stands, pdflatex makes a page of it. In a paper, \\usepackage{{standalone}} and \\input this file,
% or copy the picture: it needs \\usepackage{{tikz}} and \\usetikzlibrary{{arrows.meta}}.
\\documentclass[tikz, border=4pt]{{standalone}}
\\usepackage[utf8]{{inputenc}}
\\usetikzlibrary{{arrows.meta}}
\\begin{{document}}"""


def to_tikz(drawing: Drawing, theme: Theme, scale: float = 1) -> str:
    """The drawing as a LaTeX document that holds one `tikzpicture`; tooltips are left out."""
    return "\n".join(_lines(drawing, theme, scale)) + "\n"


def _lines(drawing: Drawing, theme: Theme, scale: float) -> Iterator[str]:
    yield HEAD.format(mark=MARK)
    yield f"% {clean(drawing.title)}"
    scaled = "" if scale == 1 else f", scale={scale:.4g}, transform shape"
    yield rf"\begin{{tikzpicture}}[x=1pt, y=-1pt, line width=0.8pt, >={{Latex[length=4.5pt]}}, font=\sffamily{scaled}]"
    paints = dict.fromkeys(theme.paint(node) for node in drawing.nodes)
    colours = dict.fromkeys([theme.ink, theme.faint, *(c for paint in paints for c in (paint.fill, paint.line))])
    colours |= dict.fromkeys([*map(theme.line, drawing.edges), *map(theme.text, drawing.nodes)])
    yield from (f"  \\definecolor{{{_colour(colour)}}}{{HTML}}{{{colour[1:].upper()}}}" for colour in colours)
    for node in drawing.nodes:
        yield from _node(node, theme, drawing.right)
    for edge in drawing.edges:
        yield f"  \\draw[{_line(edge, theme)}] {_curve(edge.points)};"
    yield "\\end{tikzpicture}\n\\end{document}"


def _node(node: Node, theme: Theme, right: bool) -> Iterator[str]:
    outline = _outline(node, right)
    if outline:
        yield f"  \\path[{_paint(theme.paint(node))}{OUTLINES[node.status]}{', dashed' * (node.kind == 'frame')}] {outline};"
    if node.text:
        size = font_size(node.kind)
        bold = r"\bfseries" if node.kind in BOLDS else ""
        mark = "" if node.kind == "mark" else MARKS.get(node.status, "")
        text = r" \\ ".join(clean(line).translate(SPECIAL) for line in (mark + node.text[0], *node.text[1:]))
        font = rf"\fontsize{{{size:g}}}{{{size * LINE:.3g}}}\selectfont\sffamily{bold}"
        style = f"align=center, inner sep=0, text={_colour(theme.text(node))}, font={font}"
        left = Point(node.at.x - node.width / 2, node.at.y)
        anchor, at = (", anchor=west", left) if node.kind == "note" else ("", node.at)
        yield f"  \\node[{style}{anchor}] at {_point(at)} {{{text}}};"


def _outline(node: Node, right: bool) -> str:
    """The path around a node; a text that stands alone has none."""
    x, y = node.width / 2, node.height / 2
    match node.kind:
        case "conv" | "stage" | "frame":
            return _rectangle(node, "[rounded corners=4pt] ")
        case "linear" | "norm":
            return _rectangle(node)
        case "pool":
            return _polygon(node, [(-x, -y), (x, -0.5 * y), (x, 0.5 * y), (-x, y)] if right else
                            [(-x, -y), (x, -y), (0.6 * x, y), (-0.6 * x, y)])  # fmt: skip
        case "gate":
            a = x - min(x, y) * 0.6
            return _polygon(node, [(-a, -y), (a, -y), (x, 0), (a, y), (-a, y), (-x, 0)])
        case "other":
            a, b = x - min(x, y) * 0.6, y - min(x, y) * 0.6
            return _polygon(node, [(-a, -y), (a, -y), (x, -b), (x, b), (a, y), (-a, y), (-x, b), (-x, -b)])
        case "act" | "add" | "join" | "fork":
            return f"{_point(node.at)} ellipse [x radius={x:.4g}pt, y radius={y:.4g}pt]"
        case "image" | "title" | "subtitle" | "label" | "count" | "mark" | "note":
            return ""
        case _:
            assert_never(node.kind)


def _rectangle(node: Node, style: str = "") -> str:
    low = Point(node.at.x - node.width / 2, node.at.y - node.height / 2)
    return f"{style}{_point(low)} rectangle {_point(Point(low.x + node.width, low.y + node.height))}"


def _polygon(node: Node, corners: list[tuple[float, float]]) -> str:
    return " -- ".join([*(_point(Point(node.at.x + x, node.at.y + y)) for x, y in corners), "cycle"])


def _curve(points: tuple[Point, ...]) -> str:
    parts = [_point(points[0])]
    for i in range(1, len(points), 3):
        first, second, end = points[i : i + 3]
        straight = first == points[i - 1] and second == end
        if straight:
            parts.append(f"-- {_point(end)}")
        else:
            parts.append(f".. controls {_point(first)} and {_point(second)} .. {_point(end)}")
    return " ".join(parts)


def _line(edge: Edge, theme: Theme) -> str:
    arrow = "->, " if edge.arrow else ""
    width = "line width=1.2pt, " if edge.shortcut else ""
    return f"{arrow}{LINES[edge.line]}{width}{_colour(theme.line(edge))}"


def _paint(paint: Paint) -> str:
    return f"draw={_colour(paint.line)}, fill={_colour(paint.fill)}"


def _colour(colour: str) -> str:
    return f"resdsl{colour[1:]}"


def _point(point: Point) -> str:
    return f"({point.x:.2f},{point.y:.2f})"
