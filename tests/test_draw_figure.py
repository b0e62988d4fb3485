"""Fig. 3 of He et al. 2016, point by point; and the same for networks that are too deep for it."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from resdsl.drawing.draw import draw_networks
from resdsl.drawing.places.drawing import Drawing, Edge, Node, Panel
from resdsl.ir.network import Network

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
    colours = [node.colour for node in boxes(trio.panels[2]) if node.kind == "conv"]
    assert sorted(set(colours)) == list(dict.fromkeys(colours))
    assert len(set(colours)) == 5


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
        ("vgg19", "order post; dropout 0.5; no norms"),
    ],
)
def test_the_order_and_what_is_unusual_stand_under_the_title(name: str, text: str) -> None:
    assert told(resdsl.load(name)) == text


def test_unusual_norms_and_activations_stand_under_the_title(tmp_path: Path) -> None:
    (tmp_path / "x.res").write_text(
        "network x { input 3x8x8; norm group(4); act silu; shortcut projection; stem { conv 3x3, 8 }; stage layer1: 2 x basic(8); "
        "stage layer2: 2 x basic(16), /2 { order pre }; head { avgpool; linear 2 } }"
    )
    assert told(resdsl.load(tmp_path / "x.res")) == "order post in layer1; order pre in layer2; GN, 4 groups; SiLU"


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
