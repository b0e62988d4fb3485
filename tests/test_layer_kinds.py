"""Every kind of layer, each way that it can be written, through every command: a new kind is in here by its tuple entry."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch_reference import run_network

import resdsl
from resdsl.analysis.receptive_field import receptive_fields
from resdsl.backend import Array, load_backend
from resdsl.cli import main
from resdsl.diagnostics import Severity
from resdsl.ir.layers import KINDS
from resdsl.ir.network import Network
from resdsl.syntax.format import formatted
from resdsl.transfer.planner import plan_transfer
from resdsl.transfer.reader import Stored, Tensor
from resdsl.verify.case import make_case
from resdsl.verify.compare import BARS, error
from resdsl.verify.kit import TEXTS, check_backend, sample
from resdsl.verify.run import State, trained
from resdsl.weights.initial import initial_weights

assert TEXTS
every = pytest.mark.parametrize("name", TEXTS)


@pytest.fixture
def spec(name: str, tmp_path: Path) -> Path:
    path = tmp_path / "sample.res"
    path.write_text(TEXTS[name])
    return path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(main, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_every_kind_has_words_and_samples() -> None:
    assert all(kind.WORDS and kind.SAMPLES for kind in KINDS)
    assert len({word.name for kind in KINDS for word in kind.WORDS}) == sum(len(kind.WORDS) for kind in KINDS)


@every
def test_the_sample_holds_its_kind(name: str) -> None:
    kind = name.partition(":")[0]
    network = sample(name)
    assert {kind} <= {type(layer).__name__ for layer in network.stem}
    assert {kind} <= {type(layer).__name__ for layer in network.blocks[0].branch}


@every
def test_check_format_and_json(name: str, spec: Path) -> None:
    assert [f for f in resdsl.check(spec) if f.severity is Severity.ERROR and f.code.id[0] != "D"] == []
    text = formatted("sample.res", TEXTS[name])
    assert formatted("sample.res", text) == text
    network = sample(name)
    assert Network.from_json(network.to_json()) == network


@every
def test_what_the_core_knows_adds_up(name: str) -> None:
    network = sample(name)
    for _, layer in network.layers():
        trained = [weight for weight in layer.weights if weight.trained]
        assert layer.cost().params == sum(np.prod(weight.shape, dtype=int) for weight in trained)
        assert layer.text and layer.word and min(layer.window) >= 1 <= min(layer.strides)
        # A layer that strides or looks further than a pixel leaves a map that says so.
        if max(layer.strides) > 1:
            assert layer.output.map != layer.input.map
    assert set(receptive_fields(network)) > {layer for layer, _ in network.layers()}


@every
def test_summary_and_drawing(name: str, spec: Path) -> None:
    network = sample(name)
    shown = run("summary", spec, "--layers")
    assert all(layer.word in shown for layer in network.stem)
    for view in ((), ("--blocks",), ("--detail", "stage")):
        assert run("draw", spec, "--format", "dot", *view).startswith("//")
    figure = run("draw", spec, "--blocks", "--format", "dot")
    kind = name.partition(":")[0]
    drawn = next(layer for layer in network.blocks[0].branch if type(layer).__name__ == kind)
    assert drawn.text in figure


@every
@pytest.mark.parametrize("backend", ["torch", "flax"])
def test_source_and_weights(name: str, backend: str, spec: Path) -> None:
    compile(run("compile", spec, "--backend", backend), backend, "exec")
    check_backend(backend, sample(name))


@every
def test_its_weights_are_read_under_our_names_below_a_prefix_too(name: str) -> None:
    network = sample(name)
    weights = {ours: Tensor(array, "float32") for ours, array in initial_weights(network).items()}
    for prefix in ("", "backbone.model."):
        plan = plan_transfer(network, Stored({prefix + ours: tensor for ours, tensor in weights.items()}, True))
        assert plan.complete
        assert all(prefix + move.target == plan.prefix + move.entry.name for move in plan.moves)


@every
def test_both_backends_compute_what_the_ir_means(name: str) -> None:
    network, images = sample(name), np.random.default_rng(0).normal(size=(2, 3, 16, 16)).astype(np.float32)
    weights = initial_weights(network, seed=5)
    tensors = {each: torch.from_numpy(array).double() for each, array in weights.items()}
    expected = run_network(network, tensors, torch.from_numpy(images).double(), training=False).flatten(1).numpy()
    module = resdsl.build(network, "torch", seed=5).eval()
    with torch.no_grad():
        np.testing.assert_allclose(module(torch.from_numpy(images)).numpy(), expected, rtol=1e-4, atol=1e-5)
    twin = resdsl.build(network, "flax", seed=5)
    twin.eval()
    np.testing.assert_allclose(twin(images.transpose(0, 2, 3, 1)), expected, rtol=1e-4, atol=1e-5)


first_of_a_kind = pytest.mark.parametrize(
    "name", [next(text for text in TEXTS if text.startswith(f"{kind.__name__}:")) for kind in KINDS]
)


def flat(state: State) -> Array:
    """All its numbers; what is zero but for rounding, as the gradient of a bias before a norm, is no measure alone."""
    return np.concatenate([np.zeros(0), *(state[name].ravel() for name in sorted(state))])


@first_of_a_kind
def test_both_backends_train_alike(name: str) -> None:
    case = make_case(sample(name), batch=8, steps=3)
    _, ours = trained(load_backend("torch"), case)
    _, twin = trained(load_backend("flax"), case, ours.rate)
    for quantity in ("statistics", "gradients", "weights"):
        expected, found = getattr(ours, quantity), getattr(twin, quantity)
        assert expected.keys() == found.keys()
        assert error(flat(expected), flat(found)) <= BARS[quantity], quantity


@pytest.mark.slow
@first_of_a_kind
def test_verify_finds_one_network(name: str, spec: Path) -> None:
    assert "one network" in run("verify", spec)
