"""`attention squeeze_excite(16)` on every shipped network that has blocks: one setting makes its SE network."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from shipped import SINGLE

import resdsl
from resdsl.checking.checker import check_file
from resdsl.diagnostics import Severity
from resdsl.ir.layers import SqueezeExcite
from resdsl.ir.network import Network
from resdsl.specs import shipped_folder
from resdsl.weights.initial import initial_weights

WITH_BLOCKS = tuple(name for name in SINGLE if resdsl.load(name).blocks)
assert WITH_BLOCKS


def attentive(name: str, more: str = "") -> Network:
    text = f"use {name}\nnetwork attentive = {resdsl.load(name).name}() {{ attention squeeze_excite(16); {more} }}"
    found = check_file(shipped_folder() / "mine.res", "mine.res", content=text)
    assert [finding for finding in found.findings if finding.severity is Severity.ERROR] == []
    return found.networks["attentive"]


@pytest.mark.parametrize("name", WITH_BLOCKS)
def test_every_branch_ends_in_a_gate_and_nothing_else_changes(name: str) -> None:
    found, plain = attentive(name), resdsl.load(name)
    gates = [block.branch[-1] for block in found.blocks]
    assert all(isinstance(gate, SqueezeExcite) for gate in gates)
    widths = [(block.output.channels, block.output.channels // 16) for block in plain.blocks]
    assert found.cost().params - plain.cost().params == sum(2 * full * few + full + few for full, few in widths)
    assert found.cost().macs - plain.cost().macs == sum(2 * full * few for full, few in widths)
    assert found.depth == plain.depth
    for backend in ("torch", "flax"):
        compile(resdsl.emit(found, backend), name, "exec")


@pytest.mark.parametrize("name", ["resnet20", "resnet34_c", "preact20", "plain20"])
def test_both_backends_agree(name: str) -> None:
    found = attentive(name, "input 3x32x32")
    images = np.random.default_rng(0).normal(size=(2, *found.input)).astype(np.float32)
    weights = initial_weights(found, 1)
    module, twin = (resdsl.build(found, backend, seed=1) for backend in ("torch", "flax"))
    assert {name for name, _ in module.named_parameters()} <= set(weights)
    module.eval(), twin.eval()
    with torch.no_grad():
        expected = module(torch.from_numpy(images)).numpy()
    leaves = np.asarray(twin(jnp.array(images.transpose(0, 2, 3, 1))))
    np.testing.assert_allclose(leaves, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
