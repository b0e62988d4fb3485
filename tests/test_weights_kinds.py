"""Weights of another kind: wide and narrow floats convert with a word, all else is refused, alike in every backend."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from safetensors.torch import save_file
from test_train_cli import BASE, TINY

import resdsl
from resdsl.backend import backends
from resdsl.cli import main
from resdsl.weights.files import WeightsError
from resdsl.weights.initial import initial_weights

Change = Callable[[dict[str, torch.Tensor]], None]


def one(name: str, change: Callable[[torch.Tensor], torch.Tensor]) -> Change:
    def changed(state: dict[str, torch.Tensor]) -> None:
        state[name] = change(state[name])

    return changed


def every(dtype: torch.dtype) -> Change:
    def changed(state: dict[str, torch.Tensor]) -> None:
        state.update({name: tensor.to(dtype) for name, tensor in state.items()})

    return changed


REFUSED: dict[str, tuple[Change, str]] = {
    "int8": (every(torch.int8), "holds int8 numbers, expected floating point"),
    "bool": (one("fc.weight", lambda tensor: tensor > 0), "fc.weight holds bool numbers"),
    "complex": (one("fc.weight", lambda tensor: tensor.to(torch.complex64)), "fc.weight holds complex64 numbers"),
    "negative variances": (one("bn1.running_var", lambda tensor: -tensor), "bn1.running_var holds negative variances"),
    "NaN": (one("fc.bias", lambda tensor: tensor * torch.nan), "fc.bias holds values that are no finite float32"),
    "infinity": (one("fc.bias", lambda tensor: tensor + torch.inf), "fc.bias holds values that are no finite float32"),
    "too large": (one("fc.bias", lambda tensor: tensor.double() + 1e300), "no finite float32"),
}
CONVERTED = {"float64": torch.float64, "float16": torch.float16, "bfloat16": torch.bfloat16}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, torch.Tensor]]:
    monkeypatch.chdir(tmp_path)
    Path("base.res").write_text(BASE)
    Path("tiny.res").write_text(TINY)
    yield {name: torch.from_numpy(array) for name, array in initial_weights(resdsl.load("tiny.res")).items()}


def evaluated(backend: str) -> Result:
    call = ["eval", "tiny.res", "--weights", "in.safetensors", "--backend", backend, "--threads", "1"]
    return CliRunner().invoke(main, call, catch_exceptions=False)


@pytest.mark.parametrize("backend", backends())
@pytest.mark.parametrize("case", REFUSED)
def test_what_are_no_weights_is_refused_alike(case: str, backend: str, state: dict[str, torch.Tensor]):
    change, said = REFUSED[case]
    change(state)
    save_file(state, "in.safetensors")
    result = evaluated(backend)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert said in result.stderr
    model = resdsl.build(resdsl.load("tiny.res"), backend, seed=1)
    resdsl.save_weights(model, "before.safetensors")
    with pytest.raises(WeightsError, match=said.rpartition(" holds ")[2]):
        resdsl.load_weights(model, "in.safetensors")
    resdsl.save_weights(model, "after.safetensors")
    assert Path("before.safetensors").read_bytes() == Path("after.safetensors").read_bytes()


@pytest.mark.parametrize("backend", backends())
@pytest.mark.parametrize("case", CONVERTED)
def test_other_floats_convert_with_a_word(case: str, backend: str, state: dict[str, torch.Tensor]):
    every(CONVERTED[case])(state)
    save_file(state, "in.safetensors")
    said = f"holds {case} numbers: taken as float32"
    result = evaluated(backend)
    assert result.exit_code == 0
    assert said in result.stderr
    model = resdsl.build(resdsl.load("tiny.res"), backend, seed=1)
    with pytest.warns(UserWarning, match=said):
        resdsl.load_weights(model, "in.safetensors")
    resdsl.save_weights(model, "after.safetensors")
    found = resdsl.weights.files.load(Path("after.safetensors"))
    for name, array in found.items():
        np.testing.assert_array_equal(array, state[name].float().numpy())


@pytest.mark.parametrize("backend", backends())
def test_float32_needs_no_word(backend: str, state: dict[str, torch.Tensor]):
    state["bn1.num_batches_tracked"] = torch.tensor(3)
    save_file(state, "in.safetensors")
    assert evaluated(backend).stderr == ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        resdsl.load_weights(resdsl.build(resdsl.load("tiny.res"), backend), "in.safetensors")


def test_a_pipe_is_no_file_of_weights(state: dict[str, torch.Tensor], tmp_path: Path):
    import os

    os.mkfifo("in.safetensors")
    assert evaluated("torch").exit_code == 2
    with pytest.raises(WeightsError, match="is no file"):
        resdsl.load_weights(resdsl.build(resdsl.load("tiny.res")), "in.safetensors")
