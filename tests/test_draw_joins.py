"""How shortcut and branch become one, attention and stochastic depth, in every figure; and that they count as changes."""

from __future__ import annotations

import pytest
from spec_text import checked, spec

import resdsl
from resdsl.drawing.draw import View, draw_blocks, draw_diff, draw_networks, drawn
from resdsl.drawing.places.drawing import Drawing, Node, Panel
from resdsl.drawing.printers.formats import rendered
from resdsl.ir.join import JOIN_KINDS
from resdsl.ir.network import Network

FORMULAS = {
    "resnet110_scaled": "0.5 x + 0.5 F",
    "resnet110_gate": "(1 - g) x + g F",
    "resnet110_shortcut_gate": "(1 - g) x + F",
}
SETTINGS = {
    "join gate": "joined as (1 - g) x + g F",
    "join scaled(0.7, 1)": "joined as 0.7 x + F",
    "join learned": "joined as x + alpha F",
    "drop_path 0.2": "drop path up to 0.2",
    "attention squeeze_excite(4)": "squeeze-excite, 4",
}


def network(settings: str) -> Network:
    stages = "stage layer1: 3 x basic(16)\nstage layer2: 3 x basic(32), /2"
    found = checked(spec(f"shortcut projection\n{settings}\n{stages}"))
    return found.networks["wanted"]


def node(panel: Panel, end: str) -> Node:
    (found,) = (node for node in panel.nodes if node.id.endswith(end))
    return found


def ways(panel: Panel) -> set[tuple[str, str]]:
    return {(edge.tail.rpartition(".")[2], edge.head.rpartition(".")[2]) for edge in panel.edges}


def small_print(drawing: Drawing) -> list[str]:
    return [line for node in drawing.nodes if node.kind == "subtitle" for line in node.text]


@pytest.mark.parametrize("name", FORMULAS)
def test_a_block_says_how_its_paths_become_one(name: str) -> None:
    (panel,) = draw_blocks([resdsl.load(name)], "layer2.0").panels
    join = node(panel, "/add")
    assert (join.kind, join.text) == ("gate", (FORMULAS[name],))
    assert join.facts is not None
    assert dict(join.facts.rows)["is"] == FORMULAS[name]


@pytest.mark.parametrize("order", ["post", "pre"])
def test_a_gate_is_a_box_on_a_way_of_its_own_from_the_block_s_input(order: str) -> None:
    (panel,) = draw_blocks([network(f"order {order}\njoin gate")], "layer2.0").panels
    gate = node(panel, ".gate")
    assert gate.text == ("g = sigmoid of", "1x1 conv, 32, /2")
    assert {("0/in", "0/seen"), ("0/seen", "gate"), ("gate", "0/add")} <= ways(panel)
    others = [each for each in panel.nodes if each.kind in ("conv", "norm", "act") and each.at.x != gate.at.x]
    assert gate.facts is not None and others
    assert dict(gate.facts.rows)["params"] == f"{16 * 32 + 32:,}"


def test_what_a_join_learns_stands_in_it() -> None:
    (panel,) = draw_blocks([network("join learned(0.5)")], "layer1.0").panels
    assert node(panel, "/add").text == ("x + alpha F", "alpha, from 0.5")


def test_no_box_lies_over_another() -> None:
    for settings in ("join gate", "order pre\njoin shortcut_gate", "join learned\ndrop_path 0.1", "join scaled"):
        for panel in draw_blocks([network(settings)]).panels:
            boxes = [each for each in panel.nodes if each.kind not in ("title", "subtitle")]
            for place, one in enumerate(boxes):
                for other in boxes[place + 1 :]:
                    apart = abs(one.at.x - other.at.x), abs(one.at.y - other.at.y)
                    assert apart[0] >= (one.width + other.width) / 2 or apart[1] >= (one.height + other.height) / 2


def test_blocks_that_look_alike_but_for_their_share_of_stochastic_depth_are_one() -> None:
    panels = draw_blocks([network("drop_path 0.5")]).panels
    drops = [[each.text[0] for each in panel.nodes if each.id.endswith("/drop_path")] for panel in panels]
    assert drops == [["drop path 0–0.2"], ["drop path 0.3"], ["drop path 0.4–0.5"]]


@pytest.mark.parametrize("name", FORMULAS)
def test_an_arc_ends_in_a_gate(name: str) -> None:
    drawing = draw_networks([resdsl.load(name)])
    ends = [each for each in drawing.nodes if each.id.endswith("/add")]
    assert {end.kind for end in ends} == {"gate"}
    assert FORMULAS[name] in rendered(drawing, "mermaid").decode()
    assert f"joined as {FORMULAS[name]}" in small_print(drawing)
    legend = drawn([resdsl.load(name)], View(legend=True))
    assert any(FORMULAS[name] in each.text[0] for each in legend.nodes if each.kind == "note")


def test_an_addition_is_a_dot() -> None:
    ends = [each for each in draw_networks([resdsl.load("resnet20")]).nodes if each.id.endswith("/add")]
    assert {end.kind for end in ends} == {"join"}


def test_stages_that_join_otherwise_are_named() -> None:
    text = (
        "shortcut projection\nstage layer1: 1 x basic(16) { join gate }\nstage layer2: 2 x basic(16) { drop_path 0.3 }"
    )
    drawing = draw_networks([checked(spec(text)).networks["wanted"]])
    told = " ".join(small_print(drawing))
    for text in ("joined as (1 - g) x + g F in layer1", "drop path up to 0.3 in layer2"):
        assert text in told


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_stage_tells_of_it(settings: str) -> None:
    drawing = draw_networks([network(settings)], "stage")
    boxes = [each for each in drawing.nodes if each.kind == "stage"]
    assert any(SETTINGS[settings] in box.text for box in boxes)


@pytest.mark.parametrize("detail", ["layer", "block", "stage"])
@pytest.mark.parametrize("settings", [*SETTINGS, "join gate(bias = -7)"])
def test_it_counts_as_a_change(settings: str, detail: str) -> None:
    before = network("join gate") if settings.endswith("-7)") else network("")
    drawing = draw_diff(before, network(settings), detail)  # type: ignore[arg-type]
    changed = {each.status for each in (*drawing.nodes, *drawing.edges)} & {"added", "changed"}
    assert changed
    assert "no differences" not in str([each.text for each in drawing.margin])


@pytest.mark.parametrize("join", JOIN_KINDS)
@pytest.mark.parametrize("format", ["dot", "svg", "tikz", "mermaid", "html"])
def test_every_join_in_every_format(join: str, format: str) -> None:
    found = network(f"join {join}\nattention eca\ndrop_path 0.1")
    for drawing in (draw_blocks([found]), draw_networks([found]), draw_diff(network(""), found)):
        text = rendered(drawing, format).decode()
        assert len(text) > 1000
    formula = found.blocks[0].join.formula
    assert join == "add" or formula in rendered(draw_blocks([found]), "dot").decode()
