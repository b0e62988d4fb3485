"""`resdsl verify`: one network in every backend, and what it says where that is not so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import resdsl
from resdsl import backend
from resdsl.backend import load_backend
from resdsl.cli import main
from resdsl.verify.case import make_case, small_input
from resdsl.verify.compare import BARS, compare, error, stage_of
from resdsl_torch import TorchBackend

SPEC = """
network tiny {
  input 3x12x12
  stem { conv 3x3, 8 }
  stage layer1: 2 x basic(8)
  stage layer2: 2 x basic(16), /2 { shortcut projection }
  head { avgpool; dropout 0.5; linear 10 }
}
"""


class Wrong(TorchBackend):  # type: ignore[misc]  # final, and yet wrong for once
    """PyTorch, but for one weight in 1000 of one layer."""

    name = "wrong"

    def build(self, network: Any, weights: Any) -> Any:
        layer = weights["layer2.1.conv2.weight"].copy()
        layer.flat[::1000] += 0.1
        return super().build(network, {**weights, "layer2.1.conv2.weight": layer})


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.res").write_text(SPEC)
    return tmp_path / "tiny.res"


def test_both_backends_are_one_network(tiny: Path) -> None:
    result = CliRunner().invoke(main, ["verify", "tiny.res", "--batch", "4", "--steps", "3"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "one network" in result.output
    for heading in (*BARS, "stem", "layer1", "layer2", "head"):
        assert heading in result.output


def test_the_first_place_where_they_part_is_named(tiny: Path) -> None:
    case = make_case(resdsl.load(tiny), 4, 2)
    (comparison,) = compare(case, [TorchBackend(), Wrong()])
    assert not comparison.sound
    assert comparison.parting == "statistics of layer2.1.bn2.running_mean"
    assert [row.stage for row in comparison.rows if "statistics" in row.over] == ["layer2"]


def test_the_status_is_1_where_they_part(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "backends", lambda: ("torch", "wrong"))
    monkeypatch.setattr(backend, "load_backend", lambda name: Wrong() if name == "wrong" else load_backend(name))
    result = CliRunner().invoke(main, ["verify", "tiny.res", "--batch", "4", "--steps", "2"])
    assert result.exit_code == 1
    assert "they part at the statistics of layer2.1.bn2.running_mean" in result.output


def test_one_backend_has_nothing_to_be_held_against(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "backends", lambda: ("torch",))
    result = CliRunner().invoke(main, ["verify", "tiny.res"])
    assert result.exit_code == 2
    assert "two backends" in result.stderr


def test_a_large_network_is_held_at_a_small_input() -> None:
    def at(shape: Any) -> Any:
        return resdsl.load("resnet50", input=str(shape))

    assert str(small_input(at, resdsl.load("resnet50"), 8).input) == "3x64x64"


def test_an_error_is_infinite_where_there_is_no_number() -> None:
    one = np.ones(2)
    assert error(one, one * np.nan) == np.inf
    assert error(one, one) == 0
    assert error(one * 0, one) > 1


def test_parameters_belong_to_stages(tiny: Path) -> None:
    network = resdsl.load(tiny)
    names = ("conv1.weight", "layer2.0.conv1.weight", "fc.bias")
    assert [stage_of(name, network) for name in names] == ["stem", "layer2", "head"]
    assert stage_of("fc.bias", replace(network, tail=())) == "head"


DEEP = """
network deep {
  input 3x16x16
  shortcut none
  stem { conv 3x3, 8 }
  stage layer1: 9 x basic(8)
  stage layer2: 9 x basic(16), /2
  head { avgpool; linear 10 }
}
"""


def test_no_more_is_asked_than_rounding_leaves(tmp_path: Path) -> None:
    (tmp_path / "deep.res").write_text(DEEP)
    case = make_case(resdsl.load(tmp_path / "deep.res"), 4, 6)
    (comparison,) = compare(case, [TorchBackend(), Again()])
    assert comparison.sound
    stem = comparison.rows[0]
    assert stem.errors["weights"] > BARS["weights"]
    assert stem.allowed["weights"] > stem.errors["weights"]


class Again(TorchBackend):  # type: ignore[misc]
    """PyTorch, which meets the images in another order."""

    name = "again"

    def session(self, *given: Any) -> Any:
        session = super().session(*given)
        step = session.train_step
        order = [2, 0, 3, 1]
        session.train_step = lambda images, labels, *rest: step(images[order], labels[order], *rest)
        return session


HEADS = {"none": "", "a map": "head { conv 1x1, 5 }"}


@pytest.mark.parametrize("head", HEADS)
def test_a_network_that_leaves_a_map_is_compared_by_the_means_of_its_channels(head: str, tmp_path: Path) -> None:
    path = tmp_path / "backbone.res"
    path.write_text(
        "network backbone {\n  input 1x8x8\n  shortcut projection\n  stem { conv 3x3, 8 }\n  stage layer1: 1 x basic(8)\n"
        f"  stage layer2: 1 x basic(16), /2\n  {HEADS[head]}\n  train {{ data digits }}\n}}\n"
    )
    shown = CliRunner().invoke(main, ["verify", str(path), "--steps", "2"])
    assert shown.exit_code == 0, shown.output
    assert "the mean of each of its channels is compared" in shown.output
    assert "one network" in shown.output
    refused = CliRunner().invoke(main, ["train", str(path), "--out", str(tmp_path / "run")])
    assert refused.exit_code == 2
    assert "leaves a map of" in refused.output and "head { avgpool; linear 10 }" in refused.output
