"""Training that begins from given weights: what is taken, a new head, another stem, and stages that stay as they are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from torch import nn

import resdsl
from resdsl.backend import Compute, Normalization
from resdsl.cli import main
from resdsl.ir.recipe import AdamW, Recipe, Sgd
from resdsl.transfer.start import adapted
from resdsl.weights.files import load, save
from resdsl.weights.initial import initial_weights

TRAINED = Path(__file__).parent / "data/cifar/cifar_resnet20.safetensors"
SPEC = """
network tiny(classes = 10) {
  input 3x8x8
  shortcut projection
  stem { conv 3x3, 8 }
  stage layer1: 1 x basic(8)
  stage layer2: 1 x basic(16), /2
  head { avgpool; linear classes }
  train {
    data digits
    batch 100
    epochs 1
    optimizer sgd(lr = 0.1, weight_decay = 0.01)
    schedule constant
    clip 1
    ema 0.9
  }
}
"""
BACKENDS = ("torch", "flax")
FROZEN = ("conv1.", "bn1.", "layer1.")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.res").write_text(SPEC)
    save(given(), Path("given.safetensors"))


def given(**parameters: float) -> dict[str, np.ndarray]:
    """Weights of the network with statistics of their own."""
    weights = initial_weights(resdsl.load("tiny.res", **parameters), seed=7)
    generator = np.random.default_rng(0)
    for name, array in weights.items():
        if "running" in name or "bn" in name:
            weights[name] = (array + generator.uniform(0.1, 0.5, array.shape)).astype(np.float32)
    return weights


def call(*words: str) -> Result:
    return CliRunner().invoke(main, ["train", "tiny.res", "--precision", "float32", "--threads", "1", *words])


def train(*words: str) -> str:
    result = call(*words, "--out", "run")
    assert result.exit_code == 0, result.output
    return result.stdout


def state(run: str) -> dict[str, np.ndarray]:
    """What a run goes on from."""
    arrays = load(Path(run, "checkpoint.safetensors"))
    return {name: array for name, array in arrays.items() if not name.startswith("best/")}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_begins_from_given_weights(backend: str) -> None:
    said = train("--weights", "given.safetensors", "--backend", backend, "--steps", "1", "--lr", "1e-30")
    assert "weights from given.safetensors: 32 of 32 tensors, by their names\n" in said
    assert "new" not in said
    found = load(Path("run/last.safetensors"))
    for name, array in given().items():
        if "running" not in name:
            np.testing.assert_allclose(found[name], array, 0, 1e-25, err_msg=name)
    assert json.loads(Path("run/recipe.json").read_text())["weights"] == "given.safetensors"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("optimizer", [Sgd(lr=0.1, weight_decay=0.01), AdamW(lr=0.1)], ids=["sgd", "adamw"])
def test_what_is_frozen_does_not_change_by_a_bit(backend: str, optimizer: Sgd | AdamW) -> None:
    network = resdsl.load("tiny.res")
    recipe = Recipe(optimizer=optimizer, clip=1.0, ema=0.9, frozen=("conv1", "bn1", "relu", "layer1"))
    engine = resdsl.backend.load_backend(backend)
    session = engine.session(
        engine.build(network, given()), recipe, Normalization((0.5,) * 3, (0.25,) * 3), Compute("float32")
    )
    generator = np.random.default_rng(1)
    before = session.state()
    for step in range(3):
        images = generator.integers(0, 256, (20, 8, 8, 3), np.uint8)
        session.train_step(images, generator.integers(0, 10, 20), 0.1, step)
    after = session.state()
    assert before.keys() == after.keys()
    for name, array in after.items():
        part = name.removeprefix("optimizer/ema/")
        assert np.array_equal(array, before[name]) == part.startswith(FROZEN), name
        assert not name.removeprefix("optimizer/").partition("/")[2].startswith(FROZEN) or "ema" in name
    assert not any(name.startswith(FROZEN) for name in session.gradients(images, generator.integers(0, 10, 20), 3))
    session.load_state(before)
    assert [name for name, array in session.state().items() if not np.array_equal(array, before[name])] == []


def test_both_backends_train_the_same_around_what_is_frozen() -> None:
    runs = {}
    frozen = 3 * 8 * 9 + 2 * 8 + 2 * (8 * 8 * 9 + 2 * 8)
    total = frozen + 8 * 16 * 9 + 16 * 16 * 9 + 8 * 16 + 3 * 2 * 16 + 17 * 10
    for backend in BACKENDS:
        words = ("--weights", "given.safetensors", "--freeze", "stem,layer1", "--steps", "4", "--lr", "0.01")
        said = call(*words, "--backend", backend, "--out", backend)
        assert said.exit_code == 0, said.output
        assert f"frozen: stem, layer1; {frozen:,} of {total:,} parameters" in said.stdout
        runs[backend] = state(backend)
    assert runs["torch"].keys() == runs["flax"].keys()
    for name, array in runs["torch"].items():
        np.testing.assert_allclose(runs["flax"][name], array, 1e-3, 1e-4, err_msg=name)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_with_frozen_stages_goes_on_as_it_was(backend: str) -> None:
    words = ("--weights", "given.safetensors", "--freeze", "layer1", "--backend", backend)
    whole = call(*words, "--steps", "6", "--out", "whole")
    assert whole.exit_code == 0, whole.output
    train(*words, "--steps", "3")
    result = call("--resume", "--steps", "6", "--out", "run")
    assert "frozen: layer1" in result.stdout, result.output
    one, other = (state(name) for name in ("whole", "run"))
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert json.loads(Path("run/recipe.json").read_text())["weights"] == "given.safetensors"
    refused = call("--resume", "--weights", "given.safetensors", "--out", "run")
    assert "leave --weights given.safetensors out" in refused.stderr


def test_another_number_of_classes_begins_a_new_head() -> None:
    save(given(classes=7), Path("seven.safetensors"))
    said = train("--weights", "seven.safetensors", "--steps", "1", "--lr", "1e-30", "--seed", "3")
    assert "30 of 32 tensors, by their names\nnew, drawn by the seed: fc.weight (10x16), fc.bias (10)\n" in said
    found, drawn = load(Path("run/last.safetensors")), initial_weights(resdsl.load("tiny.res"), 3)
    np.testing.assert_allclose(found["fc.weight"], drawn["fc.weight"], 0, 1e-25)
    np.testing.assert_allclose(found["layer2.0.conv1.weight"], given()["layer2.0.conv1.weight"], 0, 1e-25)


def test_the_weights_of_others_and_of_runs_are_taken() -> None:
    names = {"conv1": "features.0", "bn1": "features.1", "fc": "classifier"}
    state = {}
    for name, array in given(classes=7).items():
        module, _, role = name.rpartition(".")
        state[f"module.{names.get(module, module)}.{role}"] = torch.from_numpy(array)
    torch.save({"state_dict": state, "epoch": 3}, "theirs.pth")
    said = train("--weights", "theirs.pth", "--steps", "15")
    assert "weights from theirs.pth: 30 of 32 tensors" in said
    assert "new, drawn by the seed: fc.weight (10x16), fc.bias (10)" in said
    for source in ("run", "run/checkpoint.safetensors", "run/last.safetensors"):
        again = call("--weights", source, "--steps", "1", "--out", f"from-{source.replace('/', '-')}")
        assert again.exit_code == 0, again.output
        assert (
            f"weights from {'run/best.safetensors' if source == 'run' else Path(source).name}: 32 of 32" in again.stdout
        )


@pytest.mark.parametrize(("own", "wanted"), [(3, 1), (1, 3), (3, 4), (4, 3), (3, 6)])
def test_a_stem_for_other_channels_gives_the_same_on_gray(own: int, wanted: int) -> None:
    kernel = np.random.default_rng(0).normal(size=(8, own, 3, 3)).astype(np.float32)
    if own > 1 and wanted % own:  # Only whole repetitions keep the sum.
        kernel[:] = kernel[:, :1]
    made, _ = adapted(kernel, wanted)
    assert made.shape == (8, wanted, 3, 3)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made.sum(1), kernel.sum(1), 1e-5, 1e-5)


@pytest.mark.parametrize("named", [True, False], ids=["our names", "other names"])
@pytest.mark.parametrize(("own", "words"), [(1, "its 1 channel repeated for 3, times 1/3"), (4, "times 4/3")])
def test_a_stem_is_adapted_and_said(own: int, words: str, named: bool) -> None:
    weights = initial_weights(resdsl.load("tiny.res", input=f"{own}x8x8"), 1)
    if named:
        save(weights, Path("gray.safetensors"))
    else:
        save({f"net.{number:02}.{name.rpartition('.')[2]}": array for number, (name, array) in _numbered(weights)},
             Path("gray.safetensors"))  # fmt: skip
    said = train("--weights", "gray.safetensors", "--steps", "1", "--lr", "1e-30")
    assert "32 of 32 tensors" in said
    assert "conv1.weight: " in said
    assert words in said
    expected, _ = adapted(weights["conv1.weight"], 3)
    np.testing.assert_allclose(load(Path("run/last.safetensors"))["conv1.weight"], expected, 0, 1e-25)


def _numbered(weights: dict[str, np.ndarray]) -> list[tuple[int, tuple[str, np.ndarray]]]:
    modules = list(dict.fromkeys(name.rpartition(".")[0] for name in weights))
    return [(modules.index(name.rpartition(".")[0]), (name, array)) for name, array in weights.items()]


WRONG = {
    "no such stage": (["--freeze", "layer7"], "--freeze layer7: tiny has no such stage: did you mean 'layer"),
    "the head": (["--freeze", "head"], "choose one of layer1, layer2, stem"),
    "no file": (["--weights", "none.pth"], "none.pth"),
    "another network": (["--weights", str(TRAINED)], "cifar_resnet20.safetensors does not fit tiny"),
    "an empty folder": (["--weights", "empty"], "empty is a folder, but no Orbax checkpoint"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_call_ends_with_one_line(words: list[str], message: str) -> None:
    Path("empty").mkdir()
    result = call(*words)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not Path("runs").exists()


def test_frozen_parameters_get_no_gradients_where_all_layers_are_halved() -> None:
    from resdsl_torch.together import Together

    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
    module[0].requires_grad_(False)
    with Together(module, True).step(), torch.autocast("cpu", torch.bfloat16):
        module(torch.randn(5, 3, 1, 1)).sum().backward()
    assert module[0].weight.grad is None
    assert module[3].weight.grad is not None
