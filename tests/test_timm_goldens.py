"""Networks of timm's, their weights read from timm's names in both orders, against timm's own logits in both backends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from flax import nnx
from safetensors.numpy import save_file
from timm_goldens import GOLDENS, TimmGolden
from torchvision_goldens import relative_error

from resdsl.backend import Array
from resdsl.transfer.checkpoint import read_checkpoint
from resdsl.transfer.planner import plan_transfer
from resdsl_flax import FlaxBackend
from resdsl_flax.arrays import variables
from resdsl_torch import TorchBackend

assert GOLDENS
# These take long in Flax and in float64; what they are made of is in the others, or in `test_layer_kinds.py`.
DEEP = {
    "ecaresnet50d", "regnetv_040", "res2net50_26w_4s", "resnet50_clip", "resnet50d", "resnetblur50", "resnetrs50",
    "resnetv2_50", "resnetv2_50x1_bit", "seresnet50", "torchvision_regnet_y_400mf",
}  # fmt: skip
assert {golden.name for golden in GOLDENS} > DEEP


@pytest.fixture(scope="module", params=GOLDENS, ids=str)
def golden(request: pytest.FixtureRequest) -> TimmGolden:
    """One after the other, so that the weights of only one are in memory."""
    return TimmGolden(request.param.name)


@pytest.fixture(scope="module")
def names(golden: TimmGolden, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The source's name for each of ours, by a file in the order of its modules."""
    path = tmp_path_factory.mktemp("weights") / "net.pth"
    torch.save({name: torch.from_numpy(array) for name, array in golden.stored.items()}, path)
    return planned(golden, path)


def planned(golden: TimmGolden, path: Path) -> dict[str, str]:
    plan = plan_transfer(golden.network, read_checkpoint(path))
    assert plan.complete, (plan.missing, plan.left)
    return {move.target: move.entry.name for move in plan.moves}


@pytest.fixture(scope="module")
def weights(golden: TimmGolden, names: dict[str, str]) -> dict[str, Array]:
    """Our weights in float64."""
    exact = golden.exact
    shapes = {name: weight.shape for name, weight in golden.shapes.items()}
    return {ours: exact[theirs].reshape(shapes[ours]) for ours, theirs in names.items()}


def test_params(golden: TimmGolden) -> None:
    assert golden.network.cost().params == golden.facts["params"]


@pytest.mark.slow
def test_sorted_names_give_the_same(golden: TimmGolden, names: dict[str, str], tmp_path: Path) -> None:
    save_file(golden.stored, tmp_path / "net.safetensors")
    assert planned(golden, tmp_path / "net.safetensors") == names


def single(weights: dict[str, Array]) -> dict[str, Array]:
    return {name: array.astype(np.float32) for name, array in weights.items()}


@pytest.fixture(scope="module")
def float64(golden: TimmGolden, weights: dict[str, Array]) -> torch.nn.Module:
    """The PyTorch module with all of the weights' digits."""
    module = TorchBackend().build(golden.network, single(weights)).eval().double()
    module.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()}, strict=False)
    return module


@pytest.fixture(scope="module")
def exact_bar(golden: TimmGolden, float64: torch.nn.Module) -> float:
    """How far float64 may be off: 1e-9, or four times what rounding the images once more does to a network of chaos."""
    images = golden.images()
    rounded = images * (1 + 1e-16 * np.random.default_rng(0).normal(size=images.shape))
    with torch.no_grad():
        return max(1e-9, 4 * relative_error(float64(torch.from_numpy(rounded)).numpy(), golden.logits))


@pytest.mark.slow
def test_only_one_network_of_all_is_as_chaotic(golden: TimmGolden, exact_bar: float) -> None:
    assert exact_bar == 1e-9 or golden.name == "regnetz_040_h"


all_but_deep_ones = pytest.mark.parametrize(
    "golden",
    [pytest.param(each, id=each.name, marks=[pytest.mark.slow] * (each.name in DEEP)) for each in GOLDENS],
    indirect=True,
)


@all_but_deep_ones
def test_torch_in_float64(golden: TimmGolden, float64: torch.nn.Module, exact_bar: float) -> None:
    with torch.no_grad():
        exact = float64(torch.from_numpy(golden.images())).numpy()
    assert relative_error(exact, golden.logits) <= exact_bar


def test_torch(golden: TimmGolden, weights: dict[str, Array]) -> None:
    module = TorchBackend().build(golden.network, single(weights)).eval()
    with torch.no_grad():
        logits = module(torch.from_numpy(golden.images()).float()).double().numpy()
    assert relative_error(logits, golden.logits) <= golden.bar


@pytest.fixture
def in_float64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@all_but_deep_ones
def test_flax(golden: TimmGolden, weights: dict[str, Array]) -> None:
    module = FlaxBackend().build(golden.network, single(weights))
    module.eval()
    logits = module(golden.images().transpose(0, 2, 3, 1).astype(np.float32))
    assert relative_error(np.asarray(logits, np.float64), golden.logits) <= golden.bar


@pytest.mark.slow
def test_flax_in_float64(golden: TimmGolden, weights: dict[str, Array], exact_bar: float, in_float64: None) -> None:
    module: nnx.Module = FlaxBackend().build(golden.network, single(weights))
    for name, variable in variables(module).items():
        exact = weights[name]
        axes = {4: (2, 3, 1, 0), 3: (2, 1, 0), 2: (1, 0), 1: (0,)}[exact.ndim]
        variable.set_value(jnp.asarray(exact.transpose(axes)))
    module.eval()
    logits = module(golden.images().transpose(0, 2, 3, 1))
    assert relative_error(np.asarray(logits), golden.logits) <= exact_bar
