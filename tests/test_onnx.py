"""ONNX models answer as the PyTorch module does, for any number of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from click.testing import CliRunner

import resdsl
from resdsl.cli import main

SPECS = [
    ("preact20", None),
    *(pytest.param(name, "3x64x64", marks=pytest.mark.slow) for name in ("resnet50", "resnet50d", "vgg11_bn")),
]


@pytest.mark.parametrize(("spec", "shape"), SPECS)
def test_onnxruntime_answers_as_pytorch_does(spec, shape, tmp_path):
    network = resdsl.load(spec, input=shape)
    file = tmp_path / "net.onnx"
    options = ["--input", shape] if shape else []
    result = CliRunner().invoke(main, ["compile", spec, "--backend", "onnx", "-o", str(file), *options])
    assert result.exit_code == 0, result.output
    assert str(Path(torch.__file__).parent).encode() not in file.read_bytes()
    session = onnxruntime.InferenceSession(file)
    module = resdsl.build(network, "torch", seed=0).eval()
    for count in (1, 3):
        images = torch.randn(count, *network.input, generator=torch.Generator().manual_seed(count))
        (found,) = session.run(["logits"], {"images": images.numpy()})
        with torch.no_grad():
            expected = module(images).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_trained_weights_go_into_the_model(tmp_path):
    network = resdsl.load("resnet20")
    module = resdsl.build(network, "torch", seed=7).eval()
    resdsl.save_weights(module, tmp_path / "w.safetensors")
    arguments = ["compile", "resnet20", "--backend", "onnx", "--weights", str(tmp_path / "w.safetensors")]
    assert CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / "n.onnx")]).exit_code == 0
    images = torch.ones(1, 3, 32, 32)
    (found,) = onnxruntime.InferenceSession(tmp_path / "n.onnx").run(None, {"images": images.numpy()})
    with torch.no_grad():
        np.testing.assert_allclose(found, module(images).numpy(), rtol=1e-4, atol=1e-4)


def test_weights_of_another_network_are_refused(tmp_path):
    resdsl.save_weights(resdsl.build(resdsl.load("resnet32"), "torch"), tmp_path / "w.safetensors")
    arguments = ["compile", "resnet20", "--backend", "onnx", "--weights", str(tmp_path / "w.safetensors")]
    result = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / "n.onnx")])
    assert result.exit_code == 2
    assert "does not fit resnet20" in result.stderr
    assert not Path(tmp_path / "n.onnx").exists()


def test_source_takes_no_weights(tmp_path):
    result = CliRunner().invoke(main, ["compile", "resnet20", "--weights", "w.safetensors"])
    assert result.exit_code == 2
    assert "--weights goes with onnx" in result.stderr


@pytest.mark.slow
def test_the_commands_of_the_page_on_backends(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parent.parent / "docs/backends.md").read_text("utf-8")
    commands = page.split("```sh\n")[1].split("```")[0].splitlines()
    for command in commands:
        result = CliRunner().invoke(main, command.split()[1:])
        assert result.exit_code == 0, result.output
    assert {path.name for path in tmp_path.iterdir()} == {"resnet20.py", "resnet20_flax.py", "resnet20.onnx"}
