"""Files whose names are sorted, as hubs keep them, fit as well as files in the order of the modules."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest
from foreign_names import NEEDS_SHAPES, STYLES
from hypothesis import given, settings
from hypothesis import strategies as st
from test_weights_match import assert_right_or_refused, outcome
from test_weights_random import networks

import resdsl
from resdsl.backend import Array
from resdsl.ir.network import Network
from resdsl.transfer.planner import plan_transfer
from resdsl.transfer.reader import Stored, Tensor
from resdsl.weights.canonical import parameters

BASIC, BOTTLENECKS, PRE = ("resnet18", "resnet20"), ("resnet50", "resnet50_v1"), ("preact50", "preact164")
CASES = [
    (style, name)
    for style in STYLES
    for name in (PRE if style == "bit" else BOTTLENECKS if style in NEEDS_SHAPES else BASIC[:1] + BOTTLENECKS)
]


def numbered(network: Network) -> dict[str, Array]:
    """An array for each parameter, all numbers alike: a copy of each would take gigabytes."""
    return {
        parameter.name: np.broadcast_to(np.float32(i), parameter.shape)
        for i, parameter in enumerate(parameters(network))
    }


def renamed_plan(network: Network, theirs: dict[str, str], in_order: bool) -> dict[str, str]:
    """Where each of `theirs` goes, by their names as they are without what all begin with."""
    arrays = numbered(network)
    names = list(theirs) if in_order else sorted(theirs)
    stored = Stored({name: Tensor(arrays[theirs[name]], "float32") for name in names}, in_order)
    plan = plan_transfer(network, stored)
    assert plan.complete
    moved = {move.target: move.entry.name for move in plan.moves}
    return {
        name: ours for name, ours in theirs.items() if name.replace("/", ".").endswith(moved[ours].replace("/", "."))
    }


@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "sorted"])
@pytest.mark.parametrize(("style", "name"), CASES)
def test_both_orders_fit(style: str, name: str, in_order: bool):
    network = resdsl.load(name)
    theirs = {STYLES[style](ours): ours for ours in numbered(network)}
    assert len(theirs) == len(numbered(network))
    assert renamed_plan(network, theirs, in_order) == theirs


def by_depth(names: list[str]) -> list[str]:
    """As Keras lists layers: the shortcut's conv before the last conv of its branch, its norm before the last norm."""
    found = [name for name in names if "_0_" not in name]
    for name in (name for name in names if "_0_" in name):
        block, kind = name.split("_0_")
        found.insert(found.index(f"{block}_3_{kind}"), name)
    return found


def test_keras_lists_shortcuts_amid_their_branches():
    network = resdsl.load("resnet50")
    theirs = {STYLES["keras"](ours): ours for ours in numbered(network)}
    listed = by_depth(list(theirs))
    assert listed != list(theirs)
    assert renamed_plan(network, {name: theirs[name] for name in listed}, True) == theirs


PAIRED = (
    ("{word}.conv", "{word}.bn"),
    ("{word}_conv", "{word}_bn"),
    ("conv_{word}", "bn_{word}"),
    ("{word}", "{word}.n"),
)


@settings(max_examples=150, deadline=None)
@given(networks(), st.randoms(use_true_random=False), st.sampled_from(PAIRED), st.booleans(), st.booleans())
def test_pairs_never_put_a_tensor_in_a_wrong_place(
    network: Network, draw: random.Random, pair: tuple[str, str], norm_first: bool, ordered: bool
):
    """Names in pairs of a conv with the norm after it, or before it, whichever way the network has them."""
    truth = {parameter.name: np.full(parameter.shape, i, np.float32) for i, parameter in enumerate(parameters(network))}
    modules = list(dict.fromkeys(name.rpartition(".")[0] for name in truth))
    words = iter(draw.sample("abcdefghijklmnopqrstuvwxyz", 26) * 99)
    new: dict[str, str] = {}
    norms = {name.rpartition(".")[0] for name in truth if truth[name].ndim == 1 and name.endswith("weight")}
    for one, other in zip(modules, [*modules[1:], ""], strict=True):
        around, other_around = one.rpartition(".")[0], other.rpartition(".")[0]
        if one in new or other in new or around != other_around or (one in norms) == (other in norms):
            continue
        if (one in norms) is norm_first and not other.startswith("fc"):
            word = next(words) + "x"
            names = dict(zip((one, other), reversed(pair) if norm_first else pair, strict=True))
            new |= {old: f"{around}.{name.format(word=word)}".lstrip(".") for old, name in names.items()}
    theirs = {f"{new.get(module, module)}.{role}": name for name in truth for module, _, role in [name.rpartition(".")]}
    if len(theirs) == len(truth):
        arrays = {name: truth[ours] for name, ours in theirs.items()}
        assert_right_or_refused(outcome(network, arrays, ordered), truth)


LETTERED = """
block twice(f) { conv 1x1, f; conv 3x3, f, /stride; conv 3x3, f; conv 1x1, f }
network lettered { input 3x8x8; stem { conv 3x3, 8 }; stage layer1: 2 x twice(8); head { avgpool; linear 4 } }
"""
BYOBNET = {"1": "1_1x1", "2": "2_kxk", "3": "2b_kxk", "4": "3_1x1"}


@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "sorted"])
def test_a_number_with_a_letter_comes_after_the_number(in_order: bool, tmp_path: Path):
    """timm's resnet61q: `conv2_kxk`, `conv2b_kxk`."""
    (tmp_path / "lettered.res").write_text(LETTERED)
    network = resdsl.load(tmp_path / "lettered.res")
    theirs = {
        re.sub(r"\d\.(conv|bn)(\d)", lambda found: f"{found[0][:2]}conv{BYOBNET[found[2]]}.{found[1]}", ours)
        if ours.startswith("layer1")
        else ours: ours
        for ours in numbered(network)
    }
    assert renamed_plan(network, theirs, in_order) == theirs
