"""What was added, removed and changed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import resdsl
from resdsl.drawing.draw import Detail, draw_diff
from resdsl.drawing.places.drawing import Drawing
from resdsl.drawing.printers.formats import rendered

BASE = """
network base(n = 2) {
  input 3x32x32
  shortcut projection
  stem { conv 3x3, 16 }
  stage layer1: n x basic(16)
  stage layer2: 2 x basic(32), /2
  head { avgpool; linear 10 }
}
"""


def diff(folder: Path, change: str, arguments: str = "n = 2") -> Drawing:
    path = folder / "x.res"
    path.write_text(f"{BASE}network other = base({arguments}) {{ {change} }}")
    return draw_diff(resdsl.load(f"{path}:base"), resdsl.load(f"{path}:other"))


def marked(drawing: Drawing, status: str) -> list[str]:
    nodes = [node for node in drawing.nodes if node.status == status and node.kind != "mark"]
    return [f"{node.id}: {'; '.join(node.text)}" for node in nodes]


def statuses(drawing: Drawing) -> Counter[str]:
    boxes = ("conv", "linear", "pool", "image", "norm", "act")
    return Counter(node.status for node in drawing.nodes if node.kind in boxes)


def test_equal_networks_are_all_the_same(tmp_path: Path) -> None:
    drawing = diff(tmp_path, "")
    assert set(statuses(drawing)) == {"same"}
    assert {edge.status for edge in drawing.edges if edge.shortcut} == {"same"}


def test_added_and_removed_blocks(tmp_path: Path) -> None:
    more = diff(tmp_path, "", "n = 3")
    assert marked(more, "added") == ["other.layer1.2.conv1: 3x3 conv, 16", "other.layer1.2.conv2: 3x3 conv, 16"]
    fewer = diff(tmp_path, "", "n = 1")
    assert marked(fewer, "removed") == ["base.layer1.1.conv1: 3x3 conv, 16", "base.layer1.1.conv2: 3x3 conv, 16"]
    assert not marked(fewer, "added")


def test_blocks_of_one_name_stand_at_one_height(tmp_path: Path) -> None:
    heights: dict[str, set[float]] = {}
    for node in diff(tmp_path, "", "n = 4").nodes:
        if node.kind == "conv":
            heights.setdefault(node.id.partition(".")[2], set()).add(node.at.y)
    assert all(len(places) == 1 for places in heights.values())


def test_a_changed_layer_shows_in_both_columns(tmp_path: Path) -> None:
    changed = marked(diff(tmp_path, "stem { conv 5x5, 16 }"), "changed")
    assert changed == ["base.conv1: 3x3 conv, 16", "other.conv1: 5x5 conv, 16"]


def test_what_a_changed_layer_feeds_says_how_it_changed(tmp_path: Path) -> None:
    changed = marked(diff(tmp_path, 'stem { conv 3x3, 8 }; allow D002 "narrow stem"'), "changed")
    assert "base.layer1.0.conv1: 3x3 conv, 16; from 16" in changed
    assert "other.layer1.0.conv1: 3x3 conv, 16; from 8" in changed
    assert not any("conv2" in box for box in changed)


def test_a_changed_order_is_told_though_the_convs_look_alike(tmp_path: Path) -> None:
    drawing = diff(tmp_path, "order pre")
    assert "base.layer1.0.conv1: 3x3 conv, 16; order post" in marked(drawing, "changed")
    assert "other.layer1.0.conv1: 3x3 conv, 16; order pre" in marked(drawing, "changed")
    assert marked(drawing, "added") == ["other.bn_final: BN", "other.relu_final: ReLU"]
    assert marked(drawing, "removed") == ["base.bn1: BN", "base.relu1: ReLU"]


def test_shortcuts_that_went_and_shortcuts_that_changed(tmp_path: Path) -> None:
    gone = [edge for edge in diff(tmp_path, "shortcut none").edges if edge.shortcut]
    assert {edge.status for edge in gone} == {"removed"}
    other = {edge.id: edge.status for edge in diff(tmp_path, "shortcut pad").edges if edge.shortcut}
    assert other["other.layer2.0/shortcut"] == "changed"
    assert other["other.layer2.1/shortcut"] == "same"


def test_another_input_is_a_change_of_the_image_alone(tmp_path: Path) -> None:
    assert marked(diff(tmp_path, "input 3x64x64"), "changed") == [
        "base/image: image, 3x32x32",
        "other/image: image, 3x64x64",
    ]


def test_deep_networks_are_collapsed_with_what_became_of_them() -> None:
    drawing = draw_diff(resdsl.load("resnet110"), resdsl.load("resnet1202"))
    counts = {node.id: node.text[0] for node in drawing.nodes if node.kind == "count"}
    assert counts["resnet110.layer1.0/count"] == counts["resnet1202.layer1.0/count"] == "×18"
    assert counts["resnet1202.layer1.18/count"] == "×182"


def stage_texts(folder: Path, change: str) -> list[list[str]]:
    """The stages that changed, as each of the two columns tells them."""
    path = folder / "x.res"
    path.write_text(f"{BASE}network other = base(2) {{ {change} }}")
    drawing = draw_diff(resdsl.load(f"{path}:base"), resdsl.load(f"{path}:other"), "stage")
    return [
        ["; ".join(node.text) for node in panel.nodes if node.kind == "stage" and node.status == "changed"]
        for panel in drawing.panels
    ]


def test_options_b_and_c_differ_at_every_detail() -> None:
    b, c = resdsl.load("resnet34_b"), resdsl.load("resnet34_c")
    changed = marked(draw_diff(b, c, "stage"), "changed")
    assert len(changed) == 8
    assert changed[1] == (
        "resnet34_b.layer2: conv3_x; 4 x basic(128), /2; layer2.0: projection shortcut; layer2.1–3: identity shortcuts"
    )
    for detail in ("layer", "block"):
        arcs = {edge.id: edge.status for edge in draw_diff(b, c, detail).edges if edge.shortcut}  # type: ignore[arg-type]
        assert arcs["resnet34_c.layer2.0/shortcut"] == "same"
        assert arcs["resnet34_c.layer2.1/shortcut"] == "changed"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("order pre", "order pre"),
        ("norm group(4)", "next to GN, 4 groups and ReLU"),
        ("norm batch(eps = 1e-3)", "next to BN, eps 0.001 and ReLU"),
        ("act silu", "next to BN and SiLU"),
    ],
)
def test_a_change_that_no_stage_s_text_shows_is_told(change: str, told: str, tmp_path: Path) -> None:
    old, new = stage_texts(tmp_path, change)
    assert new == [f"layer1; 2 x basic(16); identity shortcuts; {told}", f"{new[1].rpartition('; ')[0]}; {told}"]
    assert len(old) == 2


def test_a_stage_tells_of_layers_where_nothing_else_differs(tmp_path: Path) -> None:
    path = tmp_path / "x.res"
    block = "block own(filters) {{ conv 3x3, filters, /stride; conv 3x3, filters{} }}"
    body = "network x { input 3x8x8; stem { conv 3x3, 8 }; stage layer1: 2 x own(8); head { avgpool; linear 2 } }"
    networks = []
    for change in ("", ", dilation = 2"):
        path.write_text(f"{block.format(change)}\n{body}")
        networks.append(resdsl.load(path))
    new = marked(draw_diff(networks[0], networks[1], "stage"), "changed")[1]
    assert new == (
        "x-2.layer1: layer1; 2 x own(8); identity shortcuts; "
        "layer1.0.conv2 3x3 conv, 8, dilation 2, from 8, padding 2x2; "
        "layer1.1.conv2 3x3 conv, 8, dilation 2, from 8, padding 2x2"
    )


def test_a_bias_is_a_change(tmp_path: Path) -> None:
    changed = marked(diff(tmp_path, "stem { conv 3x3, 16, bias = true }"), "changed")
    assert changed == ["base.conv1: 3x3 conv, 16; with none", "other.conv1: 3x3 conv, 16; with bias"]


def note(drawing: Drawing) -> str:
    (found,) = (node for node in drawing.margin if node.id == "legend")
    return found.text[0]


def test_a_note_explains_the_marks(tmp_path: Path) -> None:
    assert note(diff(tmp_path, "order pre")) == "+ added, − removed, ~ changed; the others are the same"


@pytest.mark.parametrize("detail", ["layer", "block", "stage"])
def test_a_diff_without_changes_says_so(detail: Detail) -> None:
    drawing = draw_diff(resdsl.load("resnet20"), resdsl.load("resnet20"), detail)
    assert note(drawing) == "no differences: every layer, shortcut and order is the same"


def test_what_no_figure_shows_is_told_in_words(tmp_path: Path) -> None:
    assert note(diff(tmp_path, "init he(mode = fan_in)")).endswith("is the same; the initial weights differ")
    assert note(diff(tmp_path, "train { batch 64 }")).endswith("is the same; the training differs")


def test_a_changed_arc_carries_a_mark_and_others_none(tmp_path: Path) -> None:
    def marks(change: str, arguments: str = "n = 2") -> dict[str, str]:
        nodes = [node for node in diff(tmp_path, change, arguments).nodes if node.kind == "mark"]
        return {node.id: node.text[0] for node in nodes}

    assert marks("") == {}
    assert marks("shortcut pad") == {"base.layer2.0/mark": "~", "other.layer2.0/mark": "~"}
    assert marks("", "n = 3") == {"other.layer1.2/mark": "+"}
    assert set(marks("shortcut none").values()) == {"−"}


def test_mermaid_marks_changed_arcs() -> None:
    drawing = draw_diff(resdsl.load("resnet34_b"), resdsl.load("resnet34_c"))
    assert '-.->|"~"|' in rendered(drawing, "mermaid").decode()
