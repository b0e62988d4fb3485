"""Fig. 3 of He et al. 2016, point by point; and the same for networks that are too deep for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

import resdsl
from resdsl.drawing.draw import View, draw_blocks, draw_networks, drawn
from resdsl.drawing.places.drawing import Drawing, Edge, Node, Panel
from resdsl.drawing.places.legend import ADDITION, COLOURS, MEANINGS
from resdsl.drawing.printers.theme import DARK, LIGHT, Theme
from resdsl.ir.network import Network
from resdsl.ir.shape import Pair

BOXES = ("conv", "pool", "linear", "stage", "other")
VGG19 = [(2, 64), (2, 128), (4, 256), (4, 512), (4, 512)]
STAGES = [(3, 64), (4, 128), (6, 256), (3, 512)]


@pytest.fixture(scope="module")
def trio() -> Drawing:
    return draw_networks([resdsl.load(name) for name in ("vgg19", "plain34", "resnet34")])


def boxes(panel: Panel) -> list[Node]:
    return [node for node in panel.nodes if node.kind in BOXES]


def texts(panel: Panel) -> list[str]:
    return [node.text[0] for node in boxes(panel)]


def arcs(panel: Panel) -> list[Edge]:
    return [edge for edge in panel.edges if edge.shortcut]


def residual_texts() -> list[str]:
    convs = []
    for stage, (blocks, filters) in enumerate(STAGES):
        convs += [f"3x3 conv, {filters}{', /2' if stage else ''}", *[f"3x3 conv, {filters}"] * (2 * blocks - 1)]
    return ["7x7 conv, 64, /2", "pool, /2", *convs, "avg pool", "fc 1000"]


def test_the_columns_say_what_the_paper_s_say(trio: Drawing) -> None:
    vgg, plain, residual = trio.panels
    assert texts(plain) == texts(residual) == residual_texts()
    convs = [text for count, filters in VGG19 for text in [*[f"3x3 conv, {filters}"] * count, "pool, /2"]]
    assert texts(vgg) == [*convs, "fc 4096", "fc 4096", "fc 1000"]


def test_titles_come_from_the_specs(trio: Drawing) -> None:
    assert [panel.title for panel in trio.panels] == ["VGG-19", "Plain-34", "ResNet-34"]


def test_map_sizes_stand_in_the_margin_from_the_largest_to_the_smallest(trio: Drawing) -> None:
    labels = sorted(trio.margin, key=lambda label: label.at.y)
    assert [label.text[0] for label in labels] == [f"output size: {n}" for n in (224, 112, 56, 28, 14, 7, 1)]


def test_equal_map_sizes_start_at_equal_heights(trio: Drawing) -> None:
    starts = [
        {node.facts.rows[1][1].rpartition("x")[2]: node.at.y for node in reversed(boxes(panel)) if node.facts}
        for panel in trio.panels
    ]
    for size in ("112", "56", "28", "14", "7", "1"):
        assert len({start[size] for start in starts}) == 1, size


def test_colours_change_with_the_map(trio: Drawing) -> None:
    fills = [LIGHT.paint(node).fill for node in boxes(trio.panels[2]) if node.kind == "conv"]
    assert [len(list(run)) for _, run in groupby(fills)] == [1, 6, 8, 12, 6]
    assert len(set(fills)) == 5


def fills(drawing: Drawing, theme: Theme) -> dict[Pair, set[str]]:
    found: dict[Pair, set[str]] = {}
    for node in drawing.nodes:
        if node.kind in ("conv", "stage") and node.map:
            found.setdefault(node.map, set()).add(theme.paint(node).fill)
    return found


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_a_map_s_colour_is_the_same_in_every_figure(theme: Theme) -> None:
    names = ("resnet34", "vgg19", "resnet50", "resnet20", "preact110")
    drawings = [draw_networks([resdsl.load(name)]) for name in names]
    drawings.append(draw_networks([resdsl.load(name) for name in names], "stage"))
    drawings.append(draw_networks([resdsl.load("resnet34")], direction="right"))
    drawings.append(draw_blocks([resdsl.load("resnet34")]))
    colours: dict[Pair, set[str]] = {}
    for drawing in drawings:
        for size, its in fills(drawing, theme).items():
            colours.setdefault(size, set()).update(its)
    assert all(len(its) == 1 for its in colours.values())
    assert len(set().union(*colours.values())) == len(colours) > 7


def test_titles_break_at_words() -> None:
    for name in ("resnet34_c", "resnext50_32x4d", "preact1001", "resnet110_act_before_add"):
        network = resdsl.load(name)
        for drawing in (draw_networks([network]), draw_networks([network], "stage"), draw_blocks([network] * 2)):
            for node in (node for node in drawing.nodes if node.kind == "title"):
                whole = network.title.split()
                assert all(word.rstrip("…") in whole for line in node.text for word in line.split()), node.text


def test_a_long_word_widens_its_column() -> None:
    network = replace(resdsl.load("resnet20"), title="Hyper-Super-Residual-Network-20")
    for drawing in (draw_networks([network] * 2), draw_blocks([network] * 2, "layer1.0")):
        assert {node.text for node in drawing.nodes if node.kind == "title"} == {(network.title,)}


def test_a_figure_that_runs_right_puts_columns_below_each_other() -> None:
    drawing = draw_networks([resdsl.load("plain34"), resdsl.load("resnet34")], direction="right")
    plain, residual = (boxes(panel) for panel in drawing.panels)
    for nodes in (plain, residual):
        assert len({node.at.y for node in nodes}) == 1
        assert [node.at.x for node in nodes] == sorted(node.at.x for node in nodes)
    assert plain[0].at.y < residual[0].at.y
    assert [" ".join(node.text) for node in residual][:3] == ["7x7 conv, 64, /2", "pool, /2", "3x3 conv, 64"]
    starts = [min(node.at.x - node.width / 2 for node in nodes if node.map == (28, 28)) for nodes in (plain, residual)]
    assert starts[0] == starts[1]


def test_a_legend_speaks_of_the_lines_that_there_are() -> None:
    def legend(name: str) -> list[str]:
        drawing = drawn([resdsl.load(name)], View(detail="block", legend=True))
        return [node.text[0] for node in drawing.nodes if node.kind == "note"]

    identity, changes, keeps = MEANINGS.values()
    assert legend("resnet34") == [identity, changes, ADDITION, COLOURS]
    assert legend("resnet34_c") == [changes, keeps, ADDITION, COLOURS]
    assert legend("plain34") == [COLOURS]


def test_without_titles_there_are_none() -> None:
    drawing = drawn([resdsl.load("resnet20")], View(title=False))
    assert not [node for node in drawing.nodes if node.kind in ("title", "subtitle")]
    assert drawing.bounds[0].y == 4


def test_plain_networks_have_no_arcs_and_residual_ones_have_one_per_block(trio: Drawing) -> None:
    assert [len(arcs(panel)) for panel in trio.panels] == [0, 0, 16]


def test_arcs_are_dotted_where_dimensions_change_and_solid_elsewhere(trio: Drawing) -> None:
    dotted = [arc.id for arc in arcs(trio.panels[2]) if arc.line == "dotted"]
    assert dotted == [f"resnet34.layer{n}.0/shortcut" for n in (2, 3, 4)]
    assert {arc.line for arc in arcs(trio.panels[2]) if arc.id not in dotted} == {"solid"}


def test_a_projection_that_keeps_dimensions_is_dashed() -> None:
    (panel,) = draw_networks([resdsl.load("resnet34_c")], "layer").panels
    assert {arc.id: arc.line for arc in arcs(panel)}["resnet34_c.layer1.1/shortcut"] == "dashed"


def test_resnet_1202_fits_a_page() -> None:
    (panel,) = draw_networks([resdsl.load("resnet1202")]).panels
    assert len(boxes(panel)) == 13
    assert [node.text for node in panel.nodes if node.kind == "count"] == [("×200",), ("×199",), ("×199",)]
    assert max(node.at.y for node in panel.nodes) < 650


def test_shallow_networks_show_every_layer_and_deep_ones_do_not() -> None:
    assert len(boxes(draw_networks([resdsl.load("resnet34")]).panels[0])) == 36
    assert len(boxes(draw_networks([resdsl.load("resnet34")], "block").panels[0])) == 18
    assert len(boxes(draw_networks([resdsl.load("resnet152")], "layer").panels[0])) == 154


def test_stages_are_one_box_each() -> None:
    (panel,) = draw_networks([resdsl.load("resnet50")], "stage").panels
    stages = [node.text for node in panel.nodes if node.kind == "stage"]
    assert stages[1] == (
        "conv3_x",
        "4 x bottleneck(128), /2",
        "layer2.0: projection shortcut",
        "layer2.1–3: identity shortcuts",
    )


def test_a_stage_s_text_speaks_of_all_shortcuts_at_once_where_they_are_alike() -> None:
    (panel,) = draw_networks([resdsl.load("resnet34_c")], "stage").panels
    assert {node.text[-1] for node in panel.nodes if node.kind == "stage"} == {"projection shortcuts"}
    (panel,) = draw_networks([resdsl.load("plain34")], "stage").panels
    assert not any("shortcut" in line for node in panel.nodes for line in node.text)


def told(network: Network) -> str:
    """What stands under a figure's title after the network's size."""
    (panel,) = draw_networks([network]).panels
    (subtitle,) = (node for node in panel.nodes if node.kind == "subtitle")
    return " ".join(subtitle.text[2:])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("resnet20", "order post"),
        ("preact20", "order pre"),
        ("resnet110_act_before_add", "order act_before_add"),
        ("vgg19", "order post dropout 0.5; no norms"),
    ],
)
def test_the_order_and_what_is_unusual_stand_under_the_title(name: str, text: str) -> None:
    assert told(resdsl.load(name)) == text


def test_unusual_norms_and_activations_stand_under_the_title(tmp_path: Path) -> None:
    (tmp_path / "x.res").write_text(
        "network x { input 3x8x8; norm group(4); act silu; shortcut projection; stem { conv 3x3, 8 }; "
        "stage layer1: 2 x basic(8); stage layer2: 2 x basic(16), /2 { order pre }; head { avgpool; linear 2 } }"
    )
    assert told(resdsl.load(tmp_path / "x.res")) == "order post in layer1; order pre in layer2 GN, 4 groups; SiLU"


def test_hover_facts(trio: Drawing) -> None:
    facts = {node.id: node.facts for node in trio.panels[2].nodes}["resnet34.layer2.0.conv1"]
    assert facts is not None
    rows = dict(facts.rows)
    assert (rows["map"], rows["receptive field"]) == ("64x56x56 → 128x28x28", "67")
    assert (rows["params"], rows["MACs"]) == ("73,728", "57,802,752")


def test_one_network_twice_keeps_its_ids_apart() -> None:
    network = resdsl.load("resnet20")
    assert [panel.id for panel in draw_networks([network, network]).panels] == ["resnet20", "resnet20-2"]


def spec(folder: Path, body: str) -> Drawing:
    path = folder / "x.res"
    path.write_text(f"network x {{ {body} }}")
    return draw_networks([resdsl.load(path)])


def test_maps_that_are_not_square(tmp_path: Path) -> None:
    drawing = spec(tmp_path, "input 3x32x48; stem { conv 3x3, 8, /2 }; head { avgpool; linear 2 }")
    assert [label.text[0] for label in drawing.margin] == ["output size: 16x24", "output size: 1"]


def test_a_map_that_grows_stays_in_its_row(tmp_path: Path) -> None:
    drawing = spec(tmp_path, "input 3x8x8; stem { conv 3x3, 8, /2; conv 1x1, 8, pad = 2 }; head { avgpool; linear 2 }")
    assert len(drawing.margin) == 2
    assert texts(drawing.panels[0]) == ["3x3 conv, 8, /2", "1x1 conv, 8", "avg pool", "fc 2"]


def test_a_network_of_one_layer(tmp_path: Path) -> None:
    assert texts(spec(tmp_path, "input 3x8x8; head { linear 2 }").panels[0]) == ["fc 2"]
