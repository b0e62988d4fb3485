"""The emitted source as a module: its weights, its initialization, and a network that others trained."""

from __future__ import annotations

import inspect
import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from shipped import EVERY, small
from torch import Tensor, nn
from torchvision_goldens import relative_error

import resdsl
from resdsl.backend import Array
from resdsl.checking.checker import check_file
from resdsl.codegen.imported import import_source
from resdsl.ir.network import Network
from resdsl.specs import shipped_folder
from resdsl.weights.canonical import parameters
from resdsl.weights.initial import initial_weights
from resdsl_torch import TorchBackend

TORCH = TorchBackend()
TRAINED = Path(__file__).parent / "data" / "cifar"
CIFAR = os.environ.get("RESDSL_TEST_CIFAR")
needs_cifar = pytest.mark.skipif(not CIFAR, reason="RESDSL_TEST_CIFAR names no folder of CIFAR-10's binary version")


def unfilled(network: Network, device: str) -> nn.Module:
    """The module as a user of the source alone constructs it."""
    source = import_source(network.name, TORCH.emit(network))
    kind = [value for value in vars(source).values() if isinstance(value, type) and issubclass(value, nn.Module)][-1]
    with torch.device(device):
        return kind()


@pytest.mark.parametrize("spec", EVERY)
def test_every_shipped_spec_has_its_parameters(spec: str) -> None:
    network = resdsl.load(spec)
    module = unfilled(network, "meta")
    shapes = [(n, tuple(t.shape)) for n, t in module.state_dict().items() if not n.endswith("num_batches_tracked")]
    assert shapes == [(p.name, p.shape) for p in parameters(network)]
    assert sum(parameter.numel() for parameter in module.parameters()) == network.cost().params


@pytest.fixture(scope="module")
def network() -> Network:
    return small("preact20")


@pytest.fixture(scope="module")
def weights(network: Network) -> dict[str, Array]:
    return initial_weights(network, seed=1)


def test_build_fills_with_copies_and_draws_nothing(network: Network, weights: dict[str, Array]) -> None:
    state = torch.random.get_rng_state()
    module = TORCH.build(network, weights)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert module.training
    assert all(parameter.requires_grad and parameter.device.type == "cpu" for parameter in module.parameters())
    found = TORCH.weights(module)
    assert list(found) == [p.name for p in parameters(network)]
    for name, array in weights.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == np.float32
    with torch.no_grad():
        module.fc.weight.zero_()
    assert found["fc.weight"].any()
    assert weights["fc.weight"].any()
    assert all(int(counter) == 0 for name, counter in module.named_buffers() if name.endswith("num_batches_tracked"))


def test_weights_are_loaded_in_place(network: Network, weights: dict[str, Array]) -> None:
    module = TORCH.build(network, weights)
    before = dict(module.named_parameters())
    TORCH.load_weights(module, {name: array + 1 for name, array in weights.items()})
    assert all(parameter is before[name] for name, parameter in module.named_parameters())
    for name, array in TORCH.weights(module).items():
        np.testing.assert_array_equal(array, weights[name] + 1)


def without_fc(weights: dict[str, Array]) -> dict[str, Array]:
    return {name: array for name, array in weights.items() if name != "fc.weight"}


# What is wrong with weights, and what that raises.
WRONG = {
    "one is missing": (without_fc, KeyError),
    "one too many": (lambda weights: {**weights, "fc2.bias": weights["fc.bias"]}, KeyError),
    "another shape": (lambda weights: {**weights, "fc.weight": weights["fc.weight"].T}, ValueError),
}
assert WRONG


@pytest.mark.parametrize(("spoil", "error"), WRONG.values(), ids=WRONG)
def test_weights_that_do_not_fit_change_nothing(network: Network, weights: dict[str, Array], spoil, error) -> None:
    module = TORCH.build(network, weights)
    spoilt = spoil({name: array + 1 for name, array in weights.items()})
    for use in (TORCH.load_weights, lambda module, weights: TORCH.build(network, weights)):
        with pytest.raises(error, match=r"fc2?\."):
            use(module, spoilt)
    np.testing.assert_array_equal(TORCH.weights(module)["conv1.weight"], weights["conv1.weight"])


def test_the_source_is_what_runs(network: Network, weights: dict[str, Array]) -> None:
    module = TORCH.build(network, weights)
    source = TORCH.emit(network)
    assert inspect.getsource(inspect.getmodule(type(module))) == source
    assert inspect.getsource(type(module)) in source
    assert type(TORCH.build(network, weights)) is type(module)


INITS = """
network init {
  input 3x8x8
  init he(mode = fan_in), zero_last_norm = true
  shortcut projection
  stem { conv 3x3, 256 }
  stage a: 1 x basic(128)
  stage b: 2 x basic(256) { init he(mode = fan_out) }
  head { avgpool; linear 1000 }
}
"""


def test_the_source_alone_starts_as_the_spec_says() -> None:
    network = check_file(Path("init.res"), "init.res", content=INITS).networks["init"]
    torch.manual_seed(0)
    tensors = unfilled(network, "cpu").state_dict()
    expected = initial_weights(network)
    for parameter in parameters(network):
        found, drawn = tensors[parameter.name], torch.from_numpy(expected[parameter.name])
        if parameter.role == "weight":
            assert math.isclose(spread(found), spread(drawn), rel_tol=0.05), parameter.name
        elif parameter.role != "bias":
            assert torch.equal(found, drawn), parameter.name
    assert not tensors["a.0.bn2.weight"].any()
    assert tensors["b.1.bn2.weight"].all()


def spread(tensor: Tensor) -> float:
    return float(tensor.double().std())


# In the file, the last layer is called `linear`.
CENTRED = """
use "cifar.res"
network trained = cifar_resnet(n = 3) { shortcut pad_centered; head { avgpool; linear: linear 10 } }
"""


@pytest.mark.slow  # `test_flax_goldens.py` has it for Flax.
@needs_cifar
def test_a_network_that_others_trained() -> None:
    network = check_file(shipped_folder() / "x.res", "x.res", content=CENTRED).networks["trained"]
    module = TORCH.build(network, initial_weights(network)).eval()
    resdsl.load_weights(module, TRAINED / "cifar_resnet20.safetensors")
    labels, images = cifar_test_batch()
    with torch.no_grad():
        logits = torch.cat([module(part) for part in images.split(1000)])
    assert relative_error(logits[:256].numpy(), np.load(TRAINED / "cifar_resnet20.npz")["logits_first_256"]) <= 1e-5
    assert abs(int((logits.argmax(1) == labels).sum()) - 8103) <= 2


def cifar_test_batch() -> tuple[Tensor, Tensor]:
    """Labels and scaled images of CIFAR-10's test batch."""
    records = np.fromfile(Path(str(CIFAR)) / "test_batch.bin", np.uint8).reshape(-1, 3073)
    scale = torch.tensor(((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))).view(2, 1, 3, 1, 1)
    pixels = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32)).float() / 255
    return torch.from_numpy(records[:, 0].astype(np.int64)), (pixels - scale[0]) / scale[1]
