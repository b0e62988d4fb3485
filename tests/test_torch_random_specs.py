"""Whatever a valid spec says, the emitted module has the canonical names and computes what the IR means."""

from __future__ import annotations

from pathlib import Path

import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from random_specs import specs
from torch_reference import run_network

from resdsl.checker import check_file
from resdsl.ir.graph import Network
from resdsl.weights.initial import initial_weights
from resdsl.weights.names import parameters
from resdsl_torch import TorchBackend

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
    assert network is not None
    module = TorchBackend().build(network, initial_weights(network, seed)).double()
    tensors = {name: t for name, t in module.state_dict().items() if not name.endswith("num_batches_tracked")}
    assert [(name, tuple(t.shape)) for name, t in tensors.items()] == [(p.name, p.shape) for p in parameters(network)]
    without_dropout(module)
    weights = {name: tensor.clone().requires_grad_() for name, tensor in tensors.items()}
    x = torch.randn(3, *network.input, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    with torch.no_grad():
        close(module.eval()(x), run_network(network, weights, x))
    # A leaf that wants a gradient: nothing may overwrite it.
    found, expected = x.clone().requires_grad_(), x.clone().requires_grad_()
    y, z = module.train()(found), run_network(network, weights, expected, training=True)
    close(y, z)
    for output in (y, z):
        output.square().sum().backward()
    close(found.grad, expected.grad)
    for name, parameter in module.named_parameters():
        close(parameter.grad, weights[name].grad)


def without_dropout(module: torch.nn.Module) -> None:
    for child in module.modules():
        if isinstance(child, torch.nn.Dropout):
            child.p = 0.0


def close(found: torch.Tensor | None, expected: torch.Tensor | None) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-7)
