"""`resdsl train` and `resdsl eval` with Flax, and runs that go from one backend to the other."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from resdsl.cli import main
from resdsl.weights.files import load

SPEC = """
network tiny {
  input 3x8x8
  shortcut pad
  stem { conv 3x3, 8 }
  stage layer1: 1 x basic(8)
  stage layer2: 1 x basic(16), /2
  head { avgpool; linear 10 }
  train {
    data digits
    augment pad_crop(1)
    batch 250
    epochs 3
    optimizer sgd(lr = 0.005, momentum = 0.9, weight_decay = 1e-4)
    schedule step(at = [10], factor = 0.1)
  }
}
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESDSL_DATA", raising=False)
    Path("tiny.res").write_text(SPEC)


def call(*words: str) -> Result:
    result = CliRunner().invoke(main, [*words])
    assert result.exit_code == 0, result.output
    return result


def train(backend: str, *words: str) -> str:
    threads = ("--threads", "1") if backend == "torch" else ()
    return call("train", "tiny.res", "--backend", backend, "--precision", "float32", *threads, *words).stdout


def losses(run: str) -> list[float]:
    return [json.loads(line)["train_loss"] for line in Path(run, "metrics.jsonl").read_text().splitlines()]


def backends(run: str) -> list[str]:
    return [session["backend"] for session in json.loads(Path(run, "recipe.json").read_text())["sessions"]]


def apart(one: str, other: str) -> float:
    """The largest relative error of a tensor in two checkpoints."""
    first, second = (load(Path(run, "checkpoint.safetensors")) for run in (one, other))
    assert first.keys() == second.keys()
    assert any(name.startswith("optimizer/") for name in first)
    sizes = {name: max(1e-2, np.linalg.norm(first[name])) for name in first}
    return max(float(np.linalg.norm(first[name] - second[name]) / sizes[name]) for name in first)


def test_a_run_goes_on_in_the_other_backend_as_if_nothing_had_been() -> None:
    assert "torch" in train("torch", "--out", "torch")
    said = train("flax", "--out", "flax")
    assert "flax" in said
    assert "jax" in said
    train("torch", "--out", "both", "--epochs", "1")
    assert "going on after step 5" in train("flax", "--out", "both", "--resume", "--epochs", "2")
    train("torch", "--out", "both", "--resume", "--epochs", "3")
    assert backends("both") == ["torch", "flax", "torch"]
    for run in ("flax", "both"):
        assert losses(run) == pytest.approx(losses("torch"), rel=1e-4)
        assert apart("torch", run) < 1e-2


def test_a_resumed_run_stays_with_its_backend() -> None:
    train("flax", "--out", "run", "--steps", "2")
    call("train", "tiny.res", "--out", "run", "--resume", "--steps", "4")
    assert backends("run") == ["flax", "flax"]


def test_flax_evaluates_what_pytorch_has_trained() -> None:
    train("torch", "--out", "run", "--epochs", "1")
    last = json.loads(Path("run/metrics.jsonl").read_text())
    result = call(
        "eval", "tiny.res", "--backend", "flax", "--weights", "run/last.safetensors", "--precision", "float32"
    )
    assert f"top-1 {last['test_top1']:.2%}" in result.stdout
