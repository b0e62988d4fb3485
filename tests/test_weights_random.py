"""Networks drawn at random, under names and in orders drawn at random: each tensor goes to its own place or to none."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from itertools import groupby

import numpy as np
from foreign import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from test_weights_match import assert_right_or_refused, network_of, outcome, renamed_name

from resdsl.backend import Array
from resdsl.ir.network import Network
from resdsl.weights.canonical import parameters

ORDERS = ("post", "norm_after_add", "act_before_add", "act_pre", "pre")
SHORTCUTS = ("pad", "projection", "projection always", "pooled_projection", "none")
NORMS = ("batch", "group(groups = 2)", "none")
BLOCKS = ("basic", "bottleneck", "bottleneck_v1", "excited", "single")
HEADS = ("avgpool; linear 5", "avgpool; linear 8; act; linear 5")
# How others register a block's modules: ours, all norms first, the shortcut first.
REGISTERED: tuple[Callable[[str], bool], ...] = (
    lambda part: True,
    lambda part: not part.startswith("bn"),
    lambda part: part != "downsample",
)
WORDS = ("conv", "bn", "norm", "x", "unit", "features", "down", "block", "a", "m", "p", "q", "r", "z", "w", "y", "k")


@st.composite
def networks(draw: st.DrawFn) -> Network:
    pick = {name: draw(st.sampled_from(values)) for name, values in VALUES.items()}
    widths = draw(st.sampled_from([(8, 8), (8, 16), (8, 16, 32)]))
    counts = draw(st.lists(st.integers(1, 3), min_size=3, max_size=3))
    stages = "\n".join(
        f"stage layer{i + 1}: {counts[i]} x {pick['block']}({width}){', /2' if i else ''}"
        for i, width in enumerate(widths)
    )
    allowed = "\n".join(f'allow {code} "a test"' for code in ("D002", "D003", "D004", "D006", "D010", "D011"))
    body = f"""
      input 3x16x16
      order {pick["order"]}; norm {pick["norm"]}; shortcut {pick["shortcut"]}
      {allowed}
      stem {{ conv 3x3, 8 }}
      {stages}
      head {{ {pick["head"]} }}
    """
    block = "block excited(filters) { conv 3x3, filters, /stride; conv 3x3, filters; squeeze_excite 2 }\n"
    return network_of(block + spec(body))


VALUES = {"order": ORDERS, "norm": NORMS, "shortcut": SHORTCUTS, "block": BLOCKS, "head": HEADS}


def registered(names: list[str], late: Callable[[str], bool]) -> list[str]:
    """The names with the modules of each block in another order, those that are not `late` first."""
    found: list[str] = []
    for _, group in groupby(names, lambda name: name.split(".")[:2] if name.count(".") > 2 else name.split(".")[:-1]):
        found += sorted(group, key=lambda name: name.count(".") > 2 and late(name.split(".")[2]))
    return found


def words_for(names: list[str], draw: random.Random) -> Mapping[str, str]:
    """A word for each in `names`; sometimes one that hints at shortcuts and gates."""
    old = sorted({part.rstrip("0123456789") for name in names for part in name.split(".")[:-1]} - {""})
    words = dict(zip(old, draw.sample(WORDS, len(old)), strict=True))
    hints = {"downsample": "shortcut", "squeeze_excite": "se"}
    return words | {name: hint for name, hint in hints.items() if name in words and draw.random() < 0.5}


@settings(max_examples=100, deadline=None)
@given(networks(), st.randoms(use_true_random=False), st.sampled_from(REGISTERED), st.booleans())
def test_any_network_under_other_names(
    network: Network, draw: random.Random, late: Callable[[str], bool], ordered: bool
) -> None:
    shapes = {parameter.name: parameter.shape for parameter in parameters(network)}
    truth: dict[str, Array] = {name: np.full(shape, i, np.float32) for i, (name, shape) in enumerate(shapes.items())}
    words = words_for(list(truth), draw)
    arrays = {renamed_name(name, words): truth[name] for name in registered(list(truth), late)}
    assert len(arrays) == len(truth)
    found = outcome(network, arrays, ordered)
    assert_right_or_refused(found, truth)
    if ordered and late is REGISTERED[0]:
        assert found is not None
