"""How shortcut and branch become one: the networks of He et al. 2016b, Table 1, against a twin by another hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gated_twin import Kind, Twin
from spec_text import checked, spec
from torch.nn.functional import cross_entropy

import resdsl
from resdsl.ir.join import JOIN_KINDS, Gated, Learned
from resdsl.ir.network import Network
from resdsl.weights.initial import initial_weights

TABLE_1: dict[str, tuple[Kind, tuple[float, float]]] = {
    "resnet110_scaled_0_1": ("scaled", (0.0, 1.0)),
    "resnet110_scaled_05_1": ("scaled", (0.5, 1.0)),
    "resnet110_scaled": ("scaled", (0.5, 0.5)),
    "resnet110_gate": ("gate", (1.0, 1.0)),
    "resnet110_gate_b0": ("gate", (1.0, 1.0)),
    "resnet110_gate_b7": ("gate", (1.0, 1.0)),
    "resnet110_shortcut_gate": ("shortcut_gate", (1.0, 1.0)),
    "resnet110_shortcut_gate_b0": ("shortcut_gate", (1.0, 1.0)),
    "resnet110_conv_shortcut": ("conv", (1.0, 1.0)),
    "resnet110_dropout_shortcut": ("dropout", (1.0, 1.0)),
}
assert TABLE_1
GIVEN = {
    "scaled": "scaled(shortcut = 0.7, branch = 2)",
    "shortcut_gate": "shortcut_gate(-1)",
    "learned": "learned(0.3)",
}
IMAGES = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 3, 16, 16)))
LABELS = torch.tensor([1, 7, 3, 3])


def pair(name: str) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Our module and the twin, with equal weights, in float64."""
    ours = resdsl.build(resdsl.load(name), "torch", seed=3).double()
    theirs = Twin(*TABLE_1[name]).double()
    theirs.load_state_dict(ours.state_dict(), strict=True)
    return ours, theirs


def step(module: torch.nn.Module, number: int, limit: float) -> torch.Tensor:
    """One step of SGD, and its loss; both draw alike. The gradient's norm is at most `limit`."""
    torch.manual_seed(number)
    module.zero_grad()
    loss = cross_entropy(module(IMAGES), LABELS)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(module.parameters(), limit)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.grad is not None:
                parameter.sub_(1e-4 * parameter.grad)
    return loss.detach()


QUICK = ("resnet110_scaled", "resnet110_shortcut_gate")
STEPS = [pytest.param(name, 10 if name in QUICK else 1) for name in TABLE_1]
STEPS += [pytest.param(name, 10, marks=pytest.mark.slow) for name in TABLE_1 if name not in QUICK]


@pytest.mark.parametrize(("name", "steps"), STEPS)
def test_the_same_forward_pass_gradients_and_steps(name: str, steps: int) -> None:
    ours, theirs = pair(name)
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(IMAGES), theirs.eval()(IMAGES), rtol=1e-9, atol=1e-12)
    ours.train(), theirs.train()
    limit = 1e-3 if name.endswith("b0") else 1.0  # With a bias of 0 gradients begin at 1e5, and rounding grows as fast.
    losses = [(step(ours, number, limit), step(theirs, number, limit)) for number in range(steps)]
    torch.testing.assert_close(*map(torch.stack, zip(*losses, strict=True)), rtol=1e-9, atol=1e-12)
    twins = dict(theirs.named_parameters())
    for own, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, twins[own].grad, rtol=1e-6, atol=1e-9, msg=own)
        torch.testing.assert_close(parameter, twins[own], rtol=1e-8, atol=1e-12, msg=own)


def network(settings: str, stage: str = "2 x basic(16)") -> Network:
    found = checked(spec(f"shortcut projection\n{settings}\nstage layer1: {stage}"))
    assert [f for f in found.findings if f.severity.name == "ERROR"] == []
    return found.networks["wanted"]


@pytest.mark.parametrize("bias", [0.0, -6.0, -10.0])
def test_a_gate_starts_where_it_is_told(bias: float) -> None:
    weights = initial_weights(network(f"join gate(bias = {bias:g})"))
    assert set(weights["layer1.1.gate.bias"]) == {np.float32(bias)}
    assert weights["layer1.1.gate.weight"].shape == (16, 16, 1, 1)
    module = resdsl.build(network(f"join gate(bias = {bias:g})"), "torch")
    assert set(module.layer1[1].gate.bias.tolist()) == {bias}


def test_a_learned_factor_is_one_parameter() -> None:
    found = network("join learned(0.25)")
    plain = network("")
    assert found.cost().params == plain.cost().params + 2
    assert initial_weights(found)["layer1.0.alpha"] == np.float32(0.25)
    assert resdsl.build(found, "torch").layer1[0].alpha.item() == 0.25


def test_every_kind_has_its_word_and_comes_through_json() -> None:
    for word, kind in JOIN_KINDS.items():
        found = network(f"join {word}")
        assert isinstance(found.blocks[0].join, kind)
        assert Network.from_json(found.to_json()) == found


def test_a_stage_has_a_join_of_its_own() -> None:
    found = network("join learned", "2 x basic(32), /2 { join gate }")
    assert isinstance(found.blocks[0].join, Gated)
    assert not any(isinstance(block.join, Learned) for block in found.blocks)
    assert found.blocks[0].join.gate.stride == (2, 2)


def test_nothing_joins_without_a_shortcut() -> None:
    (finding,) = checked(spec("shortcut none\njoin gate\nstage layer1: 1 x basic(16)")).findings
    assert "join gate needs a shortcut" in finding.message


def test_depth_and_macs_count_no_gate_as_a_weight_layer() -> None:
    found, plain = network("join gate"), network("")
    assert found.depth == plain.depth
    gates = sum(block.join.layers[0].macs for block in found.blocks)
    assert found.cost().macs == plain.cost().macs + gates > plain.cost().macs


@pytest.mark.parametrize("order", ["post", "norm_after_add", "act_before_add", "act_pre", "pre"])
@pytest.mark.parametrize("join", [GIVEN.get(word, word) for word in JOIN_KINDS])
def test_both_backends_join_alike_in_every_order(order: str, join: str) -> None:
    import jax.numpy as jnp
    from torch_reference import run_network

    found = network(f"order {order}\njoin {join}", "2 x basic(32), /2")
    images = np.random.default_rng(1).normal(size=(2, *found.input)).astype(np.float32)
    tensors = {name: torch.from_numpy(array).double() for name, array in initial_weights(found, 2).items()}
    expected = run_network(found, tensors, torch.from_numpy(images).double()).numpy()
    module = resdsl.build(found, "torch", seed=2).eval()
    with torch.no_grad():
        np.testing.assert_allclose(module(torch.from_numpy(images)).numpy(), expected, rtol=1e-4, atol=1e-5)
    twin = resdsl.build(found, "flax", seed=2)
    twin.eval()
    np.testing.assert_allclose(twin(jnp.array(images.transpose(0, 2, 3, 1))), expected, rtol=1e-4, atol=1e-5)
