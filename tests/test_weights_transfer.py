"""Others' networks, in others' names, orders and formats: every tensor arrives where it belongs, or nothing does."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orbax.checkpoint as ocp
import pytest
import torch
from flax import nnx
from foreign import FOREIGN, Foreign
from foreign_nets import filled
from safetensors.torch import save_file

import resdsl
from resdsl.backend import Array
from resdsl.ir.network import Network
from resdsl.transfer.checkpoint import read_checkpoint
from resdsl.transfer.planner import plan_transfer, transfer
from resdsl.weights.canonical import parameters
from resdsl.weights.files import save
from resdsl.weights.initial import initial_weights

State = Mapping[str, torch.Tensor]
TRAINED = Path(__file__).parent / "data/cifar/cifar_resnet20.safetensors"
FLAX_NORM = {"weight": "scale", "bias": "bias", "running_mean": "mean", "running_var": "var"}


def plain(state: State, path: Path) -> None:
    torch.save(state, path)


def old_pickle(state: State, path: Path) -> None:
    torch.save(state, path, _use_new_zipfile_serialization=False)


def training_run(state: State, path: Path) -> None:
    """As training scripts save: DataParallel's prefix, and much beside the weights."""
    prefixed = OrderedDict((f"module.{name}", tensor) for name, tensor in state.items())
    optimizer = {"state": {0: {"momentum_buffer": torch.ones(3, 3)}}, "param_groups": [{"lr": 0.1}]}
    torch.save(
        {"epoch": 90, "arch": "net", "state_dict": prefixed, "best": torch.tensor(0.7), "optimizer": optimizer}, path
    )


def compiled(state: State, path: Path) -> None:
    torch.save({"model": {f"_orig_mod.{name}": tensor for name, tensor in state.items()}, "scaler": {}}, path)


def lightning(state: State, path: Path) -> None:
    torch.save({"state_dict": {f"model.{name}": tensor for name, tensor in state.items()}, "loops": {}}, path)


def safetensors(state: State, path: Path) -> None:
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)


def flax_tree(state: State) -> dict[str, Any]:
    """The same network as a pure dictionary of NNX: HWIO kernels, and norms with scale, mean and var."""
    tree: dict[str, Any] = {}
    for name, tensor in state.items():
        *module, role = name.split(".")
        array = tensor.numpy()
        if role == "num_batches_tracked":
            continue
        if f"{'.'.join(module)}.running_mean" in state:
            role = FLAX_NORM[role]
        elif role == "weight":
            role, array = "kernel", array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T
        inner = tree
        for part in module:
            inner = inner.setdefault(part, {})
        inner[role] = array
    return tree


def orbax(state: State, path: Path) -> None:
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(path.resolve(), flax_tree(state))


FORMATS = (plain, old_pickle, training_run, compiled, lightning, safetensors, orbax)


def network_of(text: str, folder: Path) -> Network:
    path = folder / "net.res"
    path.write_text(text)
    return resdsl.load(path)


def expected(foreign: Foreign, state: State, network: Network) -> dict[str, Array]:
    """What must come out, by the names that whoever wrote the network would give its layers here."""
    shapes = {parameter.name: parameter.shape for parameter in parameters(network)}
    arrays = {foreign.canonical(name): tensor.numpy() for name, tensor in state.items() if tensor.ndim}
    return {name: arrays[name].reshape(shapes[name]) for name in shapes}


# A flattened map in Flax is refused: see test_weights_checkpoint.py.
CASES = [(style, write) for style in FOREIGN for write in FORMATS if (style, write) != ("torchvision vgg", orbax)]


@pytest.mark.parametrize(("style", "write"), CASES)
def test_every_tensor_arrives_where_it_belongs(style: str, write: Callable[[State, Path], None], tmp_path: Path):
    foreign = FOREIGN[style]
    network = network_of(foreign.spec, tmp_path)
    state = filled(foreign.make()).state_dict()
    write(state, tmp_path / "in")
    plan = plan_transfer(network, read_checkpoint(tmp_path / "in"))
    assert plan.complete
    found, truth = transfer(network, plan), expected(foreign, state, network)
    assert list(found) == list(truth)
    for name, array in found.items():
        np.testing.assert_array_equal(array, truth[name], err_msg=name)


def test_our_own_files_come_back_as_they_are(tmp_path: Path):
    network = resdsl.load("resnet20")
    weights = initial_weights(network, 3)
    save(weights | {"momentum/fc.weight": weights["fc.weight"]}, tmp_path / "own.safetensors")
    plan = plan_transfer(network, read_checkpoint(tmp_path / "own.safetensors"))
    assert plan.by == "name"
    assert plan.complete
    found = transfer(network, plan)
    assert all(np.array_equal(found[name], weights[name]) for name in weights)


@pytest.mark.parametrize("style", ["torchvision", "torchvision vgg"])
def test_our_own_flax_modules_come_back(style: str, tmp_path: Path):
    network = network_of(FOREIGN[style].spec, tmp_path)
    state = nnx.to_pure_dict(nnx.state(resdsl.build(network, "flax", seed=2)))
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "orbax", state)
    plan = plan_transfer(network, read_checkpoint(tmp_path / "orbax"))
    assert plan.complete
    found, truth = transfer(network, plan), initial_weights(network, 2)
    assert all(np.array_equal(found[name], truth[name]) for name in truth)


# kuangliu's first block adds the stem's map as it is; in the paper's code, and ours, the pre-activated one.
ALIKE = [style for style in FOREIGN if style != "kuangliu preact"]


@pytest.mark.parametrize("style", ALIKE)
def test_both_networks_compute_the_same(style: str, tmp_path: Path):
    """The last word on where a tensor belongs."""
    foreign = FOREIGN[style]
    theirs = filled(foreign.make())
    plain(theirs.state_dict(), tmp_path / "in.pt")
    network = network_of(foreign.spec, tmp_path)
    save(transfer(network, plan_transfer(network, read_checkpoint(tmp_path / "in.pt"))), tmp_path / "out.safetensors")
    ours = resdsl.build(network, seed=1).eval()
    resdsl.load_weights(ours, tmp_path / "out.safetensors")
    images = torch.rand((2, 3, 16, 16), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-4)


def test_idelbayevs_trained_resnet20():
    """tests/data/cifar: the weights of akamaster/pytorch_resnet_cifar10 (BSD licence)."""
    stored = read_checkpoint(TRAINED)
    network = resdsl.load("resnet20")
    plan = plan_transfer(network, stored)
    assert plan.complete
    assert plan.by == "structure"
    found = transfer(network, plan)
    truth = {name.replace("linear.", "fc."): tensor.array for name, tensor in stored.entries.items()}
    assert found.keys() == truth.keys()
    assert all(np.array_equal(found[name], truth[name]) for name in truth)
