"""Whatever a valid spec says, the emitted module has the canonical names and computes what the IR means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from random_specs import specs
from torch import Tensor
from torch_reference import run_network

from resdsl.backend import Array
from resdsl.checking.checker import check_file
from resdsl.ir.network import Network
from resdsl.weights.canonical import parameters
from resdsl.weights.initial import initial_weights
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


LARGE = """
network random {
  input 4x16x12
  norm none
  weights standardized
  stem { conv 3x3, 8 }
  stage layer1 { 1 x basic(8) }
  head { maxpool 2x2, /2; squeeze_excite 4 }
}
"""


@thorough
@given(specs(), st.integers(0, 10))
@example(LARGE, 0)
def test_emitted_modules_compute_what_the_ir_means(text: str, seed: int) -> None:
    network = network_of(text)
    assume(network is not None and joins_equal_shapes(network))
    assert network is not None
    module = TorchBackend().build(network, lively_weights(network, seed)).double()
    tensors = {name: t for name, t in module.state_dict().items() if not name.endswith("num_batches_tracked")}
    assert [(name, tuple(t.shape)) for name, t in tensors.items()] == [(p.name, p.shape) for p in parameters(network)]
    without_dropout(module)
    weights = {name: tensor.clone().requires_grad_() for name, tensor in tensors.items()}
    x = torch.randn(3, *network.input, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    with torch.no_grad():
        close([module.eval()(x)], [run_network(network, weights, x)])
    # A leaf that wants a gradient: nothing may overwrite it.
    found, expected = x.clone().requires_grad_(), x.clone().requires_grad_()
    y, z = module.train()(found), run_network(network, weights, expected, training=True)
    close([y], [z])
    for output in (y, z):
        output.square().sum().backward()
    names = [name for name, _ in module.named_parameters()]
    close(
        [found.grad, *(module.get_parameter(n).grad for n in names)], [expected.grad, *(weights[n].grad for n in names)]
    )


def lively_weights(network: Network, seed: int) -> dict[str, Array]:
    """Initial weights, with scales that are never zero: behind a constant map, a batch norm would blow up rounding."""
    generator = np.random.default_rng(seed)
    drawn = initial_weights(network, seed)
    scales = {p.name: p.shape for p in parameters(network) if p.role == "scale"}
    return {**drawn, **{name: generator.uniform(0.5, 1.5, shape) for name, shape in scales.items()}}


def without_dropout(module: torch.nn.Module) -> None:
    for child in module.modules():
        if isinstance(child, torch.nn.Dropout):
            child.p = 0.0


def close(found: Sequence[Tensor | None], expected: Sequence[Tensor | None]) -> None:
    """All close, and to within rounding of the largest number among them."""
    assert None not in found
    largest = max(float(tensor.detach().abs().max()) for tensor in expected if tensor is not None)
    torch.testing.assert_close(list(found), list(expected), rtol=1e-7, atol=1e-9 * largest)
