"""Nothing lies on anything else: no box on a box, no label on a line, no arc on an arc."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from shipped import SINGLE

import resdsl
from resdsl.drawing.columns.wording import MARKS
from resdsl.drawing.draw import View, draw_blocks, draw_diff, draw_networks, drawn
from resdsl.drawing.places.drawing import POINTS, TEXTS, Drawing, Edge, Node, Point
from resdsl.drawing.places.measure import TEXT, text_width
from resdsl.ir.network import Network

ARC_GAP = 5.5
"""Points between the end of an arc and the start of the next: an arrow's head is 4.5 long."""


def titled(title: str) -> Network:
    return replace(resdsl.load("resnet20"), title=title)


ORDERS = ["resnet110", "resnet110_norm_after_add", "resnet110_act_before_add", "resnet110_act_pre", "preact110"]
DRAWINGS: dict[str, Callable[[], Drawing]] = {
    **{name: lambda name=name: draw_networks([resdsl.load(name)]) for name in SINGLE},  # type: ignore[misc]
    "trio": lambda: draw_networks([resdsl.load(name) for name in ("vgg19", "plain34", "resnet34")]),
    "deep layers": lambda: draw_networks([resdsl.load("resnet152"), resdsl.load("resnet20")], "layer"),
    "deep pair": lambda: draw_networks([resdsl.load("resnet1202"), resdsl.load("resnet101")]),
    "stages": lambda: draw_networks([resdsl.load("vgg19"), resdsl.load("resnet50")], "stage"),
    "diff": lambda: draw_diff(resdsl.load("resnet18"), resdsl.load("resnet34")),
    "collapsed diff": lambda: draw_diff(resdsl.load("resnet50"), resdsl.load("preact101")),
    "orders": lambda: draw_blocks([resdsl.load(name) for name in ORDERS], "layer1.1"),
    "blocks": lambda: draw_blocks([resdsl.load("preact164")]),
    "long titles": lambda: draw_networks([titled("A network with a title of many words and no end " * 9)] * 2),
    "wide titles": lambda: draw_networks([titled("残差ネットワーク" * 9), resdsl.load("resnet34")]),
    "long titles of blocks": lambda: draw_blocks([titled("Pneumonoultramicroscopicsilicovolcanoconiosis")] * 2),
    "right": lambda: draw_networks([resdsl.load(name) for name in ("vgg19", "plain34", "resnet34")], direction="right"),
    "right layers": lambda: draw_networks([resdsl.load("resnet20"), resdsl.load("vgg19")], "layer", direction="right"),
    "right stages": lambda: draw_networks([titled("A title of many words " * 9)] * 2, "stage", direction="right"),
    "right diff": lambda: draw_diff(resdsl.load("resnet34_b"), resdsl.load("resnet34_c"), direction="right"),
    "right blocks": lambda: draw_blocks([resdsl.load("resnet50"), resdsl.load("plain34")], direction="right"),
    "changed arcs": lambda: draw_diff(resdsl.load("resnet34_b"), resdsl.load("resnet34_c"), "layer"),
    "no differences": lambda: draw_diff(resdsl.load("resnet18"), resdsl.load("resnet18")),
    "legend": lambda: drawn([resdsl.load("resnet34_c"), resdsl.load("plain34")], View(legend=True)),
    "right legend": lambda: drawn([resdsl.load("resnet34")], View(legend=True, direction="right")),
    "diff legend": lambda: drawn([resdsl.load("resnet34_b"), resdsl.load("resnet34_c")], View(diff=True, legend=True)),
    "no titles": lambda: drawn([resdsl.load("resnet34"), resdsl.load("vgg19")], View(title=False)),
    "plain blocks": lambda: draw_blocks([resdsl.load("vgg19"), resdsl.load("resnet50d")]),
}


def points(edge: Edge) -> Iterator[Point]:
    """Points along the curve."""
    for i in range(0, len(edge.points) - 1, 3):
        a, b, c, d = edge.points[i : i + 4]
        for t in (step / 12 for step in range(13)):
            weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
            yield Point(*(sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) for axis in (0, 1)))


def inside(point: Point, node: Node, slack: float) -> bool:
    """Whether a point lies more than `slack` within a box."""
    deep_x = node.width / 2 - slack - abs(point.x - node.at.x)
    return deep_x > 0 and node.height / 2 - slack - abs(point.y - node.at.y) > 0


def overlap(a: Node, b: Node) -> bool:
    apart_x = abs(a.at.x - b.at.x) - (a.width + b.width) / 2
    return max(apart_x, abs(a.at.y - b.at.y) - (a.height + b.height) / 2) < -0.01


@pytest.fixture(params=DRAWINGS, scope="module")
def drawing(request: pytest.FixtureRequest) -> Drawing:
    return DRAWINGS[request.param]()


def test_no_box_or_text_lies_on_another(drawing: Drawing) -> None:
    solid = sorted((n for n in drawing.nodes if n.kind not in ("frame", *POINTS)), key=lambda n: n.at.y)
    for i, node in enumerate(solid):
        for other in solid[i + 1 :]:
            if other.at.y - node.at.y > 120:
                break
            assert not overlap(node, other), (node.id, other.id)


def test_every_box_holds_its_text_and_mark(drawing: Drawing) -> None:
    for node in drawing.nodes:
        if node.text and node.kind not in TEXTS and node.kind != "add":
            text = (MARKS.get(node.status, "") + node.text[0], *node.text[1:])
            assert text_width(text, TEXT) < node.width, node.id
            assert len(text) * TEXT < node.height, node.id


def test_no_line_runs_through_a_box_or_text(drawing: Drawing) -> None:
    solid = [node for node in drawing.nodes if node.kind not in ("frame", *POINTS)]
    for edge in drawing.edges:
        path = list(points(edge))
        low, high = min(p.y for p in path), max(p.y for p in path)
        for node in (n for n in solid if low < n.at.y + n.height / 2 and n.at.y - n.height / 2 < high):
            assert not any(inside(point, node, 0.5) for point in path), (edge.id, node.id)


def test_no_arc_meets_another(drawing: Drawing) -> None:
    for panel in drawing.panels:
        arcs = [edge for edge in panel.edges if edge.shortcut and len(edge.points) > 4 and panel.id != "legend"]
        for arc, other in pairwise(arcs):
            places = [[point.x if drawing.right else point.y for point in edge.points] for edge in (arc, other)]
            assert max(places[0]) + ARC_GAP < min(places[1]), (arc.id, other.id)


def test_frames_hold_what_is_theirs_and_nothing_else(drawing: Drawing) -> None:
    for panel in drawing.panels:
        for frame in (node for node in panel.nodes if node.kind == "frame"):
            held = {node.id for node in panel.nodes if node is not frame and inside(node.at, frame, 0)}
            assert held == {node.id for node in panel.nodes if node.group == frame.id}


def test_ids_are_unique(drawing: Drawing) -> None:
    ids = [part.id for part in (*drawing.nodes, *drawing.edges)]
    assert len(ids) == len(set(ids))


def test_lines_join_nodes_that_there_are(drawing: Drawing) -> None:
    ids = {node.id for node in drawing.nodes}
    assert all(edge.tail in ids and edge.head in ids for edge in drawing.edges)
