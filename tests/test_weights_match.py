"""Matching by structure: whatever is done to the names and the order, a tensor goes to its own place or to none."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from foreign import FOREIGN, RESNET, TWO, resnet, spec
from foreign_nets import filled
from hypothesis import given, settings
from hypothesis import strategies as st

import resdsl
from resdsl.backend import Array
from resdsl.ir.network import Network
from resdsl.transfer.planner import plan_transfer, transfer
from resdsl.transfer.reader import Stored, Tensor
from resdsl.transfer.search import MisfitError
from resdsl.transfer.transfer_plan import Plan
from resdsl.weights.initial import initial_weights

Arrays = Mapping[str, Array]
NARROW = "stage layer1: 2 x basic(8)\n stage layer2: 2 x basic(8)"  # All maps and filters alike.


@cache
def network_of(text: str) -> Network:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "net.res"
        path.write_text(text)
        return resdsl.load(path)


@cache
def state_of(style: str) -> dict[str, Array]:
    state = filled(FOREIGN[style].make()).state_dict()
    return {name: tensor.numpy() for name, tensor in state.items() if tensor.ndim}


def truth_of(style: str) -> dict[str, Array]:
    return {FOREIGN[style].canonical(name): array for name, array in state_of(style).items()}


def stored(arrays: Arrays, ordered: bool) -> Stored:
    names = arrays if ordered else sorted(arrays)
    return Stored({name: Tensor(arrays[name], "float32") for name in names}, ordered)


def outcome(network: Network, arrays: Arrays, ordered: bool) -> dict[str, Array] | None:
    """The weights that come out, or None where the file is refused."""
    try:
        plan = plan_transfer(network, stored(arrays, ordered))
        return transfer(network, plan) if plan.complete else None
    except MisfitError:
        return None


def assert_right_or_refused(found: Arrays | None, truth: Arrays) -> None:
    for name, array in (found or {}).items():
        np.testing.assert_array_equal(array.ravel(), truth[name].ravel(), err_msg=name)


def by_module(names: Sequence[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.rpartition(".")[0], []).append(name)
    return groups


def shuffled(names: Sequence[str], draw: random.Random) -> list[str]:
    return draw.sample(names, len(names))


def shuffled_modules(names: Sequence[str], draw: random.Random) -> list[str]:
    groups = list(by_module(names).values())
    return [name for group in draw.sample(groups, len(groups)) for name in group]


def shuffled_children(names: Sequence[str], draw: random.Random, depth: int = 0) -> list[str]:
    """As if every module had registered its children in another order."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(".".join(name.split(".")[: depth + 1]), []).append(name)
    ordered = draw.sample(list(groups.values()), len(groups))
    return [
        name for group in ordered for name in (group if len(group) == 1 else shuffled_children(group, draw, depth + 1))
    ]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(FOREIGN)), st.randoms(use_true_random=False), st.booleans())
@pytest.mark.parametrize(
    "shuffle", [shuffled, shuffled_modules, shuffled_children], ids=lambda shuffle: shuffle.__name__
)
def test_another_order_never_puts_a_tensor_in_a_wrong_place(
    shuffle: Callable[..., list[str]], style: str, draw: random.Random, ordered: bool
):
    state = state_of(style)
    arrays = {name: state[name] for name in shuffle(list(state), draw)}
    assert_right_or_refused(outcome(network_of(FOREIGN[style].spec), arrays, ordered), truth_of(style))


WORDS = ["alpha", "beta", "c", "conv", "bn", "norm", "x", "unit", "layer", "features", "down", "z", "block", "m"]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(FOREIGN)), st.randoms(use_true_random=False), st.booleans())
def test_other_words_never_put_a_tensor_in_a_wrong_place(style: str, draw: random.Random, ordered: bool):
    """Each word of a name becomes another one, everywhere alike; numbers stay."""
    state = state_of(style)
    letters = {word for name in state for part in name.split(".")[:-1] for word in [part.rstrip("0123456789")] if word}
    renamed = dict(zip(sorted(letters), draw.sample(WORDS, len(letters)), strict=True))
    arrays = {renamed_name(name, renamed): array for name, array in state.items()}
    assert len(arrays) == len(state)
    assert_right_or_refused(outcome(network_of(FOREIGN[style].spec), arrays, ordered), truth_of(style))


def renamed_name(name: str, words: Mapping[str, str]) -> str:
    *parts, role = name.split(".")
    stems = [part.rstrip("0123456789") for part in parts]
    return ".".join(
        [*(words.get(stem, stem) + part[len(stem) :] for stem, part in zip(stems, parts, strict=True)), role]
    )


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(FOREIGN)), st.randoms(use_true_random=False), st.booleans())
def test_names_without_structure_never_put_a_tensor_in_a_wrong_place(style: str, draw: random.Random, ordered: bool):
    """Every module gets a name of its own, which says nothing."""
    state = state_of(style)
    modules = by_module(list(state))
    names = [f"{draw.choice('abcdef')}{''.join(draw.choices('ghijk', k=9))}" for _ in modules]
    new = {
        old: f"{name}.{old.rpartition('.')[2]}"
        for name, group in zip(names, modules.values(), strict=True)
        for old in group
    }
    arrays = {new[name]: array for name, array in state.items()}
    assert_right_or_refused(outcome(network_of(FOREIGN[style].spec), arrays, ordered), truth_of(style))


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("style", FOREIGN)
@pytest.mark.parametrize("other", FOREIGN)
def test_another_networks_weights_are_refused(style: str, other: str, ordered: bool):
    if FOREIGN[style].spec == FOREIGN[other].spec:
        return
    assert outcome(network_of(FOREIGN[style].spec), state_of(other), ordered) is None


@pytest.mark.parametrize(("layers", "ordered"), [(TWO, True), (TWO, False), (NARROW, True)])
def test_a_post_activation_network_is_no_pre_activation_network_of_the_same_shapes(layers: str, ordered: bool):
    """With sorted names and all norms alike nothing can tell them apart: there the spec has to be right."""
    post, pre = (network_of(resnet(f"order {order}; shortcut pad", layers)) for order in ("post", "pre"))
    weights = {name.replace("layer", "group"): array for name, array in initial_weights(post).items()}
    shapes = sorted(array.shape for array in initial_weights(pre).values())
    assert shapes == sorted(array.shape for array in weights.values())
    assert outcome(post, weights, ordered) is not None
    assert outcome(pre, weights, ordered) is None


def misfit(network: Network, arrays: Arrays, ordered: bool) -> str:
    with pytest.raises(MisfitError) as caught:
        plan_transfer(network, stored(arrays, ordered))
    return str(caught.value)


PLAIN = network_of(spec(RESNET.format(settings="shortcut none", stages="stage layer1: 2 x basic(8)")))


def test_an_ambiguity_names_the_candidates():
    weights = initial_weights(PLAIN)
    letters = {"conv1": "left", "conv2": "right"}
    arrays = {renamed_name_exactly(name, letters): array for name, array in weights.items()}
    message = misfit(PLAIN, arrays, ordered=False)
    assert re.search(r"(layer1\.\d)\.conv1 may be \1\.left or \1\.right", message)
    assert "rename" in message


def renamed_name_exactly(name: str, words: Mapping[str, str]) -> str:
    parts = name.split(".")
    return name if len(parts) < 3 else ".".join(words.get(part, part) for part in parts)


def test_the_order_of_a_file_settles_what_sorted_names_leave_open():
    weights = initial_weights(PLAIN)
    letters = {"conv1": "z", "conv2": "a"}
    arrays = {renamed_name_exactly(name, letters): array for name, array in weights.items()}
    assert_right_or_refused(found := outcome(PLAIN, arrays, ordered=True), weights)
    assert found is not None
    assert outcome(PLAIN, arrays, ordered=False) is None


def test_an_order_against_the_numbers_is_an_error():
    weights = initial_weights(PLAIN)
    swapped = {"0": "1", "1": "0"}
    arrays = {renamed_name_exactly(name, swapped).replace("fc", "linear"): array for name, array in weights.items()}
    assert "contradicts" in misfit(PLAIN, arrays, ordered=True)


UNHINTED = {
    # Where the shortcut stands says the number; what it is, its kernel of 1x1.
    "last": {"downsample.0": "conv3", "downsample.1": "bn3"},
    "first": {"downsample.0": "conv0", "downsample.1": "bn0"},
}


@pytest.mark.parametrize("names", UNHINTED)
def test_a_shortcut_without_a_name_stands_before_or_after_its_branch(names: str):
    network = network_of(FOREIGN["torchvision"].spec)
    weights = initial_weights(network)
    arrays = dict(weights)
    for ours, theirs in UNHINTED[names].items():
        arrays = {name.replace(ours, theirs).replace("fc", "linear"): array for name, array in arrays.items()}
    found = outcome(network, arrays, ordered=False)
    assert found is not None
    assert_right_or_refused(found, weights)


def test_mxnets_names():
    """Underscores for dots, gamma and beta, and a final norm called bn1 beside the stem's bn0."""
    network = network_of(FOREIGN["kuangliu preact"].spec)
    weights = initial_weights(network)
    arrays = {mxnet(name): array for name, array in weights.items()}
    assert "stage2_unit1_sc_weight" in arrays
    found = outcome(network, arrays, ordered=False)
    assert found is not None
    assert_right_or_refused(found, weights)


def mxnet(name: str) -> str:
    roles = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_var"}
    *module, role = name.replace("downsample.0", "sc").replace("bn_final", "bn1").split(".")
    if module[-1].startswith("bn"):
        role = roles[role]
    if len(module) > 1:
        module = [f"stage{module[0][-1]}", f"unit{int(module[1]) + 1}", *module[2:]]
    return "_".join([*module, role])


def test_a_long_network_takes_seconds():
    network = resdsl.load("resnet1202")
    weights = {name.replace("fc.", "linear."): array for name, array in initial_weights(network).items()}
    plan = plan_transfer(network, stored(weights, ordered=False))
    assert plan.complete
    assert plan.by == "structure"
    assert all(move.entry.name.replace("linear.", "fc.") == move.target for move in plan.moves)


def partial_plan(network: Network, arrays: Arrays) -> Plan:
    plan = plan_transfer(network, stored(arrays, ordered=True))
    assert not plan.complete
    for move in plan.moves:
        np.testing.assert_array_equal(move.entry.array, arrays[move.entry.name])
    return plan


def test_a_released_preact_network_lacks_its_last_norm():
    """kuangliu's PreActResNet ends without one: all else finds its place."""
    state = {name: array for name, array in state_of("kuangliu preact").items() if not name.startswith("bn.")}
    plan = partial_plan(network_of(FOREIGN["kuangliu preact"].spec), state)
    assert {missing.name.partition(".")[0] for missing in plan.missing} == {"bn_final"}
    assert all(FOREIGN["kuangliu preact"].canonical(move.entry.name) == move.target for move in plan.moves)
    assert not plan.left


def test_another_number_of_classes_leaves_the_head():
    state = state_of("kuangliu preact") | {
        "linear.weight": np.zeros((100, 16), np.float32),
        "linear.bias": np.zeros(100),
    }
    plan = partial_plan(network_of(FOREIGN["kuangliu preact"].spec), state)
    assert [missing.name for missing in plan.missing] == ["fc.weight", "fc.bias"]
    assert [left.name for left in plan.left] == ["linear.weight", "linear.bias"]


def test_another_shape_under_our_name_says_both_shapes():
    state = state_of("torchvision") | {"fc.weight": np.zeros((100, 16), np.float32), "fc.bias": np.zeros(100)}
    plan = partial_plan(network_of(FOREIGN["torchvision"].spec), state)
    assert [missing.reason for missing in plan.missing] == ["it is 100x16 in the file", "it is 100 in the file"]
    assert plan.left[0].reason == "it is 5x16 in the network"
