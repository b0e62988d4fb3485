"""Blocks from within: Fig. 4 of He et al. 2016b, order by order, and which blocks count as distinct."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from resdsl.drawing.draw import NoSuchBlockError, draw_blocks
from resdsl.drawing.places.drawing import Drawing, Panel

WEIGHT = "3x3 conv, 16"
FIGURE_4 = {
    "resnet110": [WEIGHT, "BN", "ReLU", WEIGHT, "BN", "+", "ReLU"],
    "resnet110_norm_after_add": [WEIGHT, "BN", "ReLU", WEIGHT, "+", "BN", "ReLU"],
    "resnet110_act_before_add": [WEIGHT, "BN", "ReLU", WEIGHT, "BN", "ReLU", "+"],
    "resnet110_act_pre": ["ReLU", WEIGHT, "BN", "ReLU", WEIGHT, "BN", "+"],
    "preact110": ["BN", "ReLU", WEIGHT, "BN", "ReLU", WEIGHT, "+"],
}


def paths(panel: Panel) -> tuple[list[str], list[str]]:
    """What one meets on the way from the map that comes in to the one that goes out: by the branch, by the shortcut."""
    texts = {node.id: " ".join(node.text) for node in panel.nodes}
    follow = {True: {}, False: {}}  # type: dict[bool, dict[str, str]]
    for edge in panel.edges:
        follow[edge.shortcut][edge.tail] = edge.head
    found: list[list[str]] = []
    for first, second in ((False, True), (True, False)):
        at, met = f"{panel.id}/in", []
        while at := follow[first].get(at) or follow[second].get(at, ""):
            met.append(texts[at])
        found.append([text for text in met[:-1] if text])
    return found[0], found[1]


@pytest.mark.parametrize("name", FIGURE_4)
def test_the_branch_runs_in_the_order_of_the_paper(name: str) -> None:
    (panel,) = draw_blocks([resdsl.load(name)], "layer1.1").panels
    branch, shortcut = paths(panel)
    assert branch == FIGURE_4[name]
    assert shortcut == branch[branch.index("+") :]


def test_a_projection_stands_next_to_the_branch() -> None:
    (panel,) = draw_blocks([resdsl.load("resnet50")], "layer2.0").panels
    branch, shortcut = paths(panel)
    assert branch[:3] == ["1x1 conv, 128", "BN", "ReLU"]
    assert shortcut == ["1x1 conv, 512, /2", "BN", "+", "ReLU"]


def test_option_a_subsamples_and_pads() -> None:
    (panel,) = draw_blocks([resdsl.load("resnet20")], "layer2.0").panels
    assert paths(panel)[1][:2] == ["subsample, /2", "zero-pad to 32"]


def test_the_first_pre_activation_is_shared_by_both_paths() -> None:
    (panel,) = draw_blocks([resdsl.load("preact110")], "layer2.0").panels
    branch, shortcut = paths(panel)
    assert branch[:2] == shortcut[:2] == ["BN", "ReLU"]
    assert shortcut[2:] == ["subsample, /2", "zero-pad to 32", "+"]


def test_the_shortcut_is_dotted_where_dimensions_change() -> None:
    lines = {
        panel.id: {edge.line for edge in panel.edges if edge.shortcut}
        for panel in draw_blocks([resdsl.load("resnet34")]).panels
    }
    assert lines["resnet34.layer1.0"] == {"solid"}
    assert lines["resnet34.layer2.0"] == {"dotted"}


def test_every_distinct_block_is_drawn_once_with_its_count() -> None:
    drawing = draw_blocks([resdsl.load("resnet34")])
    titles = ["layer1.0, ×3", "layer2.0", "layer2.1, ×3", "layer3.0", "layer3.1, ×5", "layer4.0", "layer4.1, ×2"]
    assert [panel.title for panel in drawing.panels] == titles


def test_the_panels_of_several_networks_name_them() -> None:
    drawing = draw_blocks([resdsl.load("resnet18"), resdsl.load("resnet34")], "layer1.0")
    assert [panel.title for panel in drawing.panels] == ["ResNet-18", "ResNet-34"]
    assert drawing.title == "ResNet-18, ResNet-34"


def test_all_panels_share_a_grid() -> None:
    """Trunks stand under each other, branches too, and panels of a row begin at one height."""
    for names in (["resnet34"], ["resnet50d", "preact20", "plain20"]):
        drawing = draw_blocks([resdsl.load(name) for name in names])
        starts = [next(node.at for node in panel.nodes if node.id.endswith("/in")) for panel in drawing.panels]
        forks = [next((node.at for node in panel.nodes if node.kind == "fork"), None) for panel in drawing.panels]
        branches = [max(node.at.x for node in panel.nodes if node.kind == "conv") for panel in drawing.panels]
        pitch = starts[1].x - starts[0].x
        columns = {start.x for start in starts}
        assert len({start.y for start in starts}) * len(columns) < len(starts) + len(columns)
        assert all((start.x - starts[0].x) % pitch < 0.01 for start in starts)
        asides = {
            round(branch - start.x, 6) for branch, start, fork in zip(branches, starts, forks, strict=True) if fork
        }
        assert len(asides) == 1


def test_a_plain_block_is_one_line() -> None:
    (panel,) = draw_blocks([resdsl.load("plain34")], "layer1.0").panels
    assert [node.text for node in panel.nodes if node.kind == "conv"] == [("3x3 conv, 64",)] * 2
    assert not any(edge.shortcut for edge in panel.edges)


def test_an_unknown_block_gets_a_suggestion() -> None:
    with pytest.raises(NoSuchBlockError, match=r"resnet34 has no block 'layer2.9': did you mean 'layer2.1'\?"):
        draw_blocks([resdsl.load("resnet34")], "layer2.9")


def empty(folder: Path) -> Drawing:
    path = folder / "x.res"
    path.write_text("network x { input 3x8x8; head { linear 2 } }")
    return draw_blocks([resdsl.load(path)])


def test_a_network_without_blocks_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoSuchBlockError, match="x has no blocks"):
        empty(tmp_path)
