"""The Flax module computes what the PyTorch module computes, and what onnxruntime makes of that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from random_specs import specs
from shipped import FIRST, SINGLE, kinds, small

import resdsl
from resdsl.backend import Array
from resdsl.checking.checker import check_file
from resdsl.ir.join import Gated, ShortcutGated
from resdsl.ir.network import Network
from resdsl.verify.case import without_dropout
from resdsl.verify.compare import error
from resdsl.weights.canonical import parameters
from resdsl.weights.initial import initial_weights
from resdsl_flax import FlaxBackend
from resdsl_torch import TorchBackend
from resdsl_torch.onnx import export

# Every construct that the shipped specs leave out.
ODD = """
block odd(filters, ratio = 4) {
  conv 1x1, filters
  squeeze_excite ratio
  dropout 0.1
  mid: conv 3x3, filters, /stride, dilation = 2
}
block pooling(filters) { conv 1x1, filters; maxpool 3x3, /stride }
shortcut pooled_label { avgpool 2x2, /stride; proj: conv 1x1, out }
network odd {
  input 3x33x30
  allow D001 "a test"
  allow D002 "a test"
  allow D003 "a test"
  act gelu
  shortcut pooled_projection
  stem { conv 5x3, 8, pad = 1, bias = true; avgpool 3x3, /2, pad = 1; maxpool 3x3, /2 }
  stage conv2: 2 x odd(16)
  stage conv3 { shortcut pooled_label always; maxpool 2x2, /2; conv 1x1, 24; 2 x basic(24) }
  stage conv4: 2 x pooling(32), /2 { norm group(groups = 4); act leaky_relu(slope = 0.2) }
  stage conv4b: 2 x odd(32)
  stage conv5: 1 x basic(32) { init he(mode = fan_in), zero_last_norm = true; norm batch(eps = 1e-3, momentum = 0.3) }
  stage conv6: 1 x basic(48) { shortcut pad_centered; order act_pre; act silu }
  stage conv7: 1 x basic(48) { norm none }
  head { last: conv 1x1, 20; linear 30; norm; first: act; linear 20; second: act; dropout 0.5; linear 10, bias = false }
}
"""


def lively_weights(network: Network) -> dict[str, Array]:
    """The initial weights, with statistics drawn as well."""
    generator = np.random.default_rng(1)
    # Without their own statistics, the maps of the deepest would overflow, and gates magnify what rounding does.
    gated = any(isinstance(block.join, Gated | ShortcutGated) for block in network.blocks)
    factor = np.float32(0.5 if network.depth > 200 or gated else 1)
    return {
        name: generator.uniform(0.5, 1.5, array.shape).astype(np.float32)
        if name.endswith("running_var")
        else array * (factor if array.ndim == 4 else 1)
        for name, array in initial_weights(network).items()
    }


def outputs(network: Network, images: Array) -> tuple[Array, Array]:
    """The outputs of Flax and of PyTorch."""
    weights = lively_weights(network)
    ours, theirs = FlaxBackend().build(network, weights), TorchBackend().build(network, weights)
    ours.eval()
    with torch.no_grad():
        expected = theirs.eval()(torch.from_numpy(images.transpose(0, 3, 1, 2))).numpy()
    found = np.asarray(ours(jax.numpy.asarray(images)))
    return found if found.ndim == 2 else found.transpose(0, 3, 1, 2), expected


def onnx_output(network: Network, images: Array) -> Array:
    session = onnxruntime.InferenceSession(export(network, lively_weights(network)))
    (found,) = session.run(["logits"], {"images": images.transpose(0, 3, 1, 2)})
    return found


def images_for(network: Network, batch: int = 2) -> Array:
    channels, height, width = network.input
    return np.random.default_rng(0).normal(size=(batch, height, width, channels)).astype(np.float32)


def rounding(network: Network, images: Array, expected: Array) -> float:
    """How far PyTorch in float32 is from itself in float64."""
    exact = TorchBackend().build(network, lively_weights(network)).eval().double()
    with torch.no_grad():
        return error(exact(torch.from_numpy(images.transpose(0, 3, 1, 2)).double()).numpy(), expected)


def assert_all_agree(network: Network) -> None:
    images = images_for(network)
    found, expected = outputs(network, images)
    own = rounding(network, images, expected)
    assert error(expected, found) <= max(1e-5, 4 * own)
    assert error(expected, onnx_output(network, images)) <= max(1e-4, 4 * own)
    stored = FlaxBackend().weights(FlaxBackend().build(network, initial_weights(network)))
    counted = sum(stored[parameter.name].size for parameter in parameters(network) if parameter.trained)
    assert counted == network.cost().params


# The others of a kind differ in numbers alone; deep ones take long to compile.
@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=[pytest.mark.slow] * (resdsl.load(each).depth >= 50)) for each in kinds()]
)
def test_evaluation_of_every_kind_of_shipped_spec(name: str) -> None:
    network = small(name)
    found, expected = outputs(network, images_for(network))
    assert error(expected, found) <= 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("name", SINGLE + FIRST)
def test_every_shipped_spec_in_onnxruntime_as_well(name: str) -> None:
    assert_all_agree(small(name))


@pytest.fixture
def odd(tmp_path):
    (tmp_path / "odd.res").write_text(ODD)
    return resdsl.load(tmp_path / "odd.res")


def test_evaluation_of_everything_else(odd: Network) -> None:
    assert_all_agree(odd)


def test_weights_come_back_as_they_went_in(odd: Network) -> None:
    weights = initial_weights(odd)
    module = FlaxBackend().build(odd, weights)
    back = FlaxBackend().weights(module)
    assert back.keys() == weights.keys()
    assert all(np.array_equal(back[name], weights[name]) and back[name].dtype == np.float32 for name in weights)
    FlaxBackend().load_weights(module, {name: array + 1 for name, array in weights.items()})
    assert np.array_equal(FlaxBackend().weights(module)["last.weight"], weights["last.weight"] + 1)


def test_weights_that_do_not_fit_change_nothing(odd: Network) -> None:
    weights = initial_weights(odd)
    module = FlaxBackend().build(odd, weights)
    other = {name: array + 1 for name, array in weights.items()}
    with pytest.raises(ValueError, match=r"fc2\.bias has the shape \(3,\)"):
        FlaxBackend().load_weights(module, other | {"fc2.bias": np.zeros(3, np.float32)})
    with pytest.raises(KeyError, match="extra"):
        FlaxBackend().load_weights(module, other | {"extra": np.zeros(3, np.float32)})
    back = FlaxBackend().weights(module)
    assert all(np.array_equal(back[name], weights[name]) for name in weights)


def test_a_module_trains_standing_alone(odd: Network) -> None:
    """The emitted class starts by itself as the language says, from the user's own generator."""
    namespace: dict[str, Any] = {}
    exec(FlaxBackend().emit(odd), namespace)
    from flax import nnx

    module = nnx.jit(lambda: namespace["Odd"](rngs=nnx.Rngs(0)))()
    weights, ours = FlaxBackend().weights(module), initial_weights(odd)
    assert weights.keys() == ours.keys()
    for name, array in weights.items():
        assert array.shape == ours[name].shape
        if array.size > 500:
            assert array.std() == pytest.approx(ours[name].std(), rel=0.15), name
        else:
            assert array.any() == ours[name].any(), name


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # Each attempt to find a smaller one takes seconds.
    suppress_health_check=list(HealthCheck),
)
@given(specs(), st.integers(0, 10))
def test_any_valid_network(text: str, seed: int) -> None:
    network = check_file(Path("random.res"), "random.res", content=text).networks.get("random")
    assume(network is not None and network.output.size > 1)
    assume(all(b.shortcut is None or b.shortcut.layers or b.input == b.output for b in network.blocks))
    assert_all_agree(network)


def test_without_dropout_leaves_everything_else(odd: Network) -> None:
    assert [name for name, _ in without_dropout(odd).layers()] == [name for name, _ in odd.layers()]
