"""What a checkpoint may hold and how it may be broken: no crash, no guess, nothing run, one line with a remedy."""

from __future__ import annotations

import argparse
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
import pytest
import torch
from flax import nnx
from foreign import FOREIGN
from safetensors.torch import save_file
from test_weights_match import network_of, state_of
from test_weights_transfer import flax_tree

from resdsl.transfer.checkpoint import read_checkpoint
from resdsl.transfer.planner import plan_transfer, transfer
from resdsl.transfer.search import MisfitError
from resdsl.transfer.tensors import tensors
from resdsl.weights.files import WeightsError
from resdsl.weights.initial import initial_weights

STYLE = FOREIGN["torchvision"]


class Evil:
    """What pickle would run, were it let."""

    def __reduce__(self) -> Any:
        return (Path.touch, (Path("evil-was-here"),))


def state() -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array.copy()) for name, array in state_of("torchvision").items()}


def cut(path: Path, share: float = 0.5) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


def truncated(path: Path) -> None:
    torch.save(state(), path)
    cut(path)


def truncated_pickle(path: Path) -> None:
    torch.save(state(), path, _use_new_zipfile_serialization=False)
    cut(path)


def truncated_safetensors(path: Path) -> None:
    save_file(state(), path)
    cut(path)


def flipped(path: Path) -> None:
    torch.save(state(), path)
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)


def whole_module(path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), path)


def namespace(path: Path) -> None:
    torch.save({"state_dict": state(), "args": argparse.Namespace(lr=0.1)}, path)


def evil(path: Path) -> None:
    path.write_bytes(pickle.dumps({"state_dict": Evil()}, protocol=4))


def evil_in_zip(path: Path) -> None:
    torch.save({"state_dict": Evil()}, path)


def torchscript(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)).save(path)


def numpy_zip(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, a=np.ones(3))


def listed(path: Path) -> None:
    torch.save([torch.ones(3)], path)


def two_networks(path: Path) -> None:
    torch.save({"model": state(), "net": state()}, path)


def no_orbax(path: Path) -> None:
    path.mkdir()
    (path / "notes.txt").write_text("hello")


def broken_orbax(path: Path) -> None:
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(path.resolve(), {"conv1": {"kernel": np.ones((3, 3, 3, 8), np.float32)}})
    for file in [*path.rglob("d/*")]:
        file.write_bytes(b"")


def several_orbax(path: Path) -> None:
    for step in ("1", "2"):
        with ocp.StandardCheckpointer() as checkpointer:
            checkpointer.save(path.resolve() / step, {"fc": {"kernel": np.ones((3, 3), np.float32)}})


# What breaks a file, and what the message has to say.
BROKEN: dict[Callable[[Path], None], str] = {
    truncated: "damaged",
    truncated_pickle: "damaged",
    truncated_safetensors: "damaged",
    flipped: "damaged",
    listed: "holds a list, not a state dict",
    no_orbax: "no Orbax checkpoint",
    broken_orbax: "damaged",
    several_orbax: "holds 2 checkpoints (1, 2)",
    lambda path: None: "No such file",
    lambda path: path.write_bytes(b""): "is empty",
    lambda path: path.write_text("hello, I am no checkpoint"): "expected a safetensors file",
}  # fmt: skip


@pytest.mark.parametrize("break_it", BROKEN, ids=lambda break_it: break_it.__name__)
def test_a_broken_checkpoint_gets_one_line(
    break_it: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    path = Path("weights.pt")
    break_it(path)
    with pytest.raises(WeightsError) as caught:
        tensors(read_checkpoint(path))
    message = str(caught.value)
    assert BROKEN[break_it] in message
    assert "\n" not in message
    assert "\x1b" not in message
    assert len(message) < 300
    assert not Path("evil-was-here").exists()


def test_a_missing_framework_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("resdsl.transfer.checkpoint.find_spec", lambda name: None)
    with pytest.raises(WeightsError, match=r"needs orbax: pip install 'flax>=0.11'"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("save", [torch.save, save_file], ids=["pt", "safetensors"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floats_become_float32_and_the_plan_says_so(
    dtype: torch.dtype, save: Callable[..., None], tmp_path: Path
):
    given = {name: tensor.to(dtype) for name, tensor in state().items()}
    save(given, tmp_path / "weights")
    network = network_of(STYLE.spec)
    plan = plan_transfer(network, read_checkpoint(tmp_path / "weights"))
    assert plan.complete
    assert {move.entry.changes for move in plan.moves} == {(f"{str(dtype).removeprefix('torch.')} to float32",)}
    for name, array in transfer(network, plan).items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, given[name].float().numpy(), err_msg=name)


def plan_of(weights: dict[str, Any], folder: Path) -> Any:
    torch.save(weights, folder / "weights.pt")
    return plan_transfer(network_of(STYLE.spec), read_checkpoint(folder / "weights.pt"))


UNUSABLE = {
    "integers": (lambda tensor: tensor.to(torch.int32), "int32 numbers"),
    "float8": (lambda tensor: tensor.to(torch.float8_e4m3fn), "float8_e4m3fn numbers"),
    "sparse": (lambda tensor: tensor.to_sparse(), "quantized, sparse or absent"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_numbers_that_are_no_plain_floats_are_left_and_named(case: str, tmp_path: Path):
    change, reason = UNUSABLE[case]
    plan = plan_of({**state(), "fc.weight": change(state()["fc.weight"])}, tmp_path)
    assert not plan.complete
    assert any(left.name == "fc.weight" and reason in left.reason for left in plan.left)
    assert "fc.weight" in {missing.name for missing in plan.missing}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_values_that_are_no_finite_float32_are_refused(value: float, tmp_path: Path):
    weights = {**state(), "bn1.running_var": torch.full((8,), value, dtype=torch.float64)}
    plan = plan_of(weights, tmp_path)
    with pytest.raises(MisfitError, match=r"bn1\.running_var holds values that are no finite float32"):
        transfer(network_of(STYLE.spec), plan)


def test_counters_and_what_stands_beside_the_weights_lose_nothing(tmp_path: Path):
    counters = {"bn1.num_batches_tracked": torch.tensor(7), "n_averaged": torch.tensor(3)}
    plan = plan_of({"net": {**state(), **counters}, "acc": 93.1, "epoch": 3, "ema": state()}, tmp_path)
    assert plan.complete
    assert {left.name for left in plan.left} == {*counters, "acc", "epoch", "ema"}
    assert all(left.harmless and left.reason for left in plan.left)


class Branch(nnx.Module):
    """Small, but with all that an nnx.state can hold: norms, a dropout's random state, a list."""

    def __init__(self, rngs: nnx.Rngs):
        plain = {"use_bias": False, "kernel_init": counted, "rngs": rngs}
        self.conv1 = nnx.Conv(3, 8, (3, 3), **plain)
        self.bn1 = nnx.BatchNorm(8, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)
        self.layers = nnx.List([nnx.Conv(8, 16, (3, 3), **plain), nnx.BatchNorm(16, rngs=rngs)])
        self.fc = nnx.Linear(16, 5, kernel_init=counted, rngs=rngs)


def counted(key: object, shape: tuple[int, ...], dtype: object) -> jax.Array:
    """Weights of which no two are alike: to draw them would take JAX seconds to compile."""
    return jnp.asarray(np.arange(np.prod(shape), dtype=np.float32).reshape(shape))


BRANCH = """
block one(filters) { conv 3x3, filters }
network net {
  input 3x8x8
  shortcut none
  stem { conv 3x3, 8 }
  stage layer1: 1 x one(16)
  head { avgpool; dropout 0.5; linear 5 }
}
"""


@pytest.mark.parametrize("pure", [True, False])
def test_an_nnx_state_with_random_state(pure: bool, tmp_path: Path):
    module = Branch(nnx.Rngs(0))
    state = nnx.state(module)
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "orbax", nnx.to_pure_dict(state) if pure else state)
    network = network_of(BRANCH)
    plan = plan_transfer(network, read_checkpoint(tmp_path / "orbax"))
    assert plan.complete
    found = transfer(network, plan)
    np.testing.assert_array_equal(
        found["layer1.0.conv1.weight"], np.transpose(module.layers[0].kernel[...], (3, 2, 0, 1))
    )
    np.testing.assert_array_equal(found["fc.weight"], np.transpose(module.fc.kernel[...]))
    np.testing.assert_array_equal(found["bn1.running_var"], module.bn1.var[...])
    assert {left.name.partition(".")[0] for left in plan.left} == {"drop"}


def test_linens_collections_and_bfloat16_in_orbax(tmp_path: Path):
    tree = flax_tree(state())
    statistics = ("mean", "var")

    def part(inner: dict[str, Any], wanted: bool) -> dict[str, Any]:
        parts = {
            name: part(value, wanted) if isinstance(value, dict) else jnp.asarray(value, jnp.bfloat16)
            for name, value in inner.items()
            if isinstance(value, dict) or (name in statistics) is wanted
        }
        return {name: value for name, value in parts.items() if not isinstance(value, dict) or value}

    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(
            tmp_path / "run" / "3" / "default", {"params": part(tree, False), "batch_stats": part(tree, True)}
        )
    plan = plan_transfer(network_of(STYLE.spec), read_checkpoint(tmp_path / "run"))
    assert plan.complete
    assert "bfloat16 to float32" in plan.moves[0].entry.changes


def test_a_flattened_map_of_flax_is_refused_unless_the_names_are_ours(tmp_path: Path):
    style = FOREIGN["torchvision vgg"]
    network = network_of(style.spec)
    foreign = {name: torch.from_numpy(array.copy()) for name, array in state_of("torchvision vgg").items()}
    ours = {name: torch.from_numpy(array) for name, array in initial_weights(network).items()}
    for name, weights in {"theirs": foreign, "ours": ours}.items():
        with ocp.StandardCheckpointer() as checkpointer:
            checkpointer.save(tmp_path / name, flax_tree(weights))
    with pytest.raises(MisfitError, match="as C, H, W or as H, W, C"):
        plan_transfer(network, read_checkpoint(tmp_path / "theirs"))
    found = transfer(network, plan_transfer(network, read_checkpoint(tmp_path / "ours")))
    assert all(np.array_equal(found[name], ours[name]) for name in ours)
