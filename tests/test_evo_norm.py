"""EvoNorm-S0 takes the place of a norm and of the activation after it, wherever an order puts both."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from spec_text import checked, findings, spec
from torch_reference import run_network

import resdsl
from resdsl.ir.layers import Act, BatchNorm, EvoNorm
from resdsl.ir.network import Network
from resdsl.weights.initial import initial_weights

STAGES = "stage layer1: 1 x basic(16)\nstage layer2: 2 x basic(32), /2"
# The layers of the first block's branch, and those after its addition: whether each EvoNorm activates.
ORDERS = {
    "post": ([True, False], ["Act"]),
    "norm_after_add": ([True], ["EvoNorm"]),
    "act_before_add": ([True, True], []),
    "act_pre": ([True, False], []),
    "pre": ([True, True], []),
}


def network(settings: str = "order post") -> Network:
    found = checked(spec(f"norm evo_norm(8)\n{settings}\n{STAGES}"))
    assert [f for f in found.findings if f.severity.name == "ERROR"] == []
    return found.networks["wanted"]


@pytest.mark.parametrize("order", ORDERS)
def test_what_stands_where_a_norm_and_an_activation_would(order: str) -> None:
    block = network(f"order {order}").blocks[-1]
    activating, after = ORDERS[order]
    assert [layer.activates for layer in block.branch if isinstance(layer, EvoNorm)] == activating
    assert [type(layer).__name__ for layer in block.after] == after
    assert order == "act_pre" or not any(isinstance(layer, Act | BatchNorm) for layer in block.branch)


@pytest.mark.parametrize("order", ORDERS)
def test_both_backends_compute_it_in_every_order(order: str) -> None:
    found = network(f"order {order}")
    images = np.random.default_rng(0).normal(size=(2, *found.input)).astype(np.float32)
    weights = initial_weights(found, 3)
    varied = {
        name: array + np.float32(0.1) * np.cos(np.arange(array.size, dtype=np.float32)).reshape(array.shape)
        for name, array in weights.items()
    }
    exact = {name: torch.from_numpy(array).double() for name, array in varied.items()}
    expected = run_network(found, exact, torch.from_numpy(images).double()).numpy()
    module, twin = (resdsl.build(found, backend) for backend in ("torch", "flax"))
    for each in (module, twin):
        resdsl.backend.owner(each).load_weights(each, varied)
        each.eval()
    with torch.no_grad():
        np.testing.assert_allclose(module(torch.from_numpy(images)).numpy(), expected, rtol=1e-4, atol=1e-5)
        exactly = module.double()(torch.from_numpy(images).double()).numpy()
    np.testing.assert_allclose(exactly, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(twin(images.transpose(0, 2, 3, 1)), expected, rtol=1e-4, atol=1e-5)


def test_a_zeroed_branch_keeps_what_activates_it() -> None:
    weights = initial_weights(network("order act_before_add\ninit zero_last_norm = true"))
    assert set(weights["layer1.0.bn2.weight"]) == {0}
    assert set(weights["layer1.0.bn2.v"]) == {1}


def test_a_layer_with_norms_inside_refuses_it() -> None:
    (found,) = findings(spec("norm evo_norm(4)\nstem { conv 3x3, 16; hierarchical_conv 3x3 }"))
    assert "hierarchical_conv has norms and activations inside, and evo_norm is both in one" in found.message


def test_groups_that_do_not_divide_the_channels() -> None:
    (found, *_) = findings(spec("norm evo_norm(7)\nstage layer1: 1 x basic(16)"))
    assert found.code.id == "G002"
