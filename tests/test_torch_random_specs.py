"""Whatever a valid spec says, the emitted module has the canonical names and computes what the IR means."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from random_specs import specs
from resdsl.checker import check_file
from resdsl.ir.graph import Network
from resdsl.weights.initial import initial_weights
from resdsl.weights.names import parameters
from resdsl_torch import TorchBackend
from torch_reference import run_network

thorough = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def network_of(text: str) -> Network | None:
    """The network, or None where two paths do not meet."""
    return check_file(Path("random.res"), "random.res", content=text).networks.get("random")


def joins_equal_shapes(network: Network) -> bool:
    """Lowering lets an identity join unequal shapes: that is for the rule D005 to find."""
    return all(
        block.shortcut is None or block.shortcut.layers or block.input == block.output for block in network.blocks
    )


@thorough
@given(specs(), st.integers(0, 10))
def test_emitted_modules_compute_what_the_ir_means(text: str, seed: int) -> None:
    network = network_of(text)
    assume(network is not None and joins_equal_shapes(network))
    module = TorchBackend().build(network, initial_weights(network, seed))
    names = [(n, tuple(t.shape)) for n, t in module.state_dict().items() if not n.endswith("num_batches_tracked")]
    assert names == [(p.name, p.shape) for p in parameters(network)]
    for child in module.modules():
        if isinstance(child, torch.nn.Dropout):
            child.p = 0.0
    x = torch.randn(3, *network.input, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    module.double()
    weights = {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}
    before = x.clone()
    with torch.no_grad():
        torch.testing.assert_close(module.eval()(x), run_network(network, weights, x), rtol=1e-9, atol=1e-9)
    y = module.train()(x)
    torch.testing.assert_close(y, run_network(network, weights, x, training=True), rtol=1e-9, atol=1e-9)
    y.square().sum().backward()
    assert torch.equal(x, before)
