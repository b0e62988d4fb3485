"""Small inputs behind public reports of people who define residual networks: each is right, or gets its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from spec_text import checked, findings, spec

import resdsl
from resdsl.cli import main

BASIC = "stem { conv 3x3, 16 }\nstage layer1: 1 x basic(16)"
BLOCK = "block b(filters) {{ conv 3x3, filters, /stride; conv 3x3, filters; {} }}\n---\nstage layer1: 1 x b(16)"
# What the language could not say once.
SAID = {
    "another optimizer": f"{BASIC}\ntrain {{ optimizer adamw(lr = 1e-3) }}",
    "an average of the weights": f"{BASIC}\ntrain {{ ema 0.999 }}",
    "a warm-up that rises, and a cosine": f"{BASIC}\ntrain {{ schedule cosine(), warmup(epochs = 5) }}",
    "PReLU": f"act prelu\n{BASIC}",
    "stochastic depth": BLOCK.format("drop_path 0.1"),
    "attention without biases": BLOCK.format("squeeze_excite 4, bias = false"),
    "weight standardization": "block b(filters) { conv 3x3, filters, /stride, standardize = true }\n---\n"
    "stage layer1: 1 x b(16)",
    "a stride along one side": "input 1x32x100\nstage layer1: 1 x basic(16), /2x1",
    "a blur before a stride": "block b(filters) { conv 3x3, filters; blur_pool 3x3, /stride; conv 3x3, filters }\n---\n"
    "stage layer1: 1 x b(16)",
    "efficient channel attention": BLOCK.format("eca 3"),
}
# What was written otherwise, and how it is written here.
REMEDIES = {
    "blurpool": (BLOCK.format("blurpool 3x3"), "did you mean 'blur_pool'?"),
    "channel attention": (BLOCK.format("channel_attention 3"), "write eca"),
    "stochastic depth": (BLOCK.format("stochastic_depth 0.1"), "write drop_path 0.1"),
    "a data set that is not known": (f"{BASIC}\ntrain {{ data cifr10 }}", "did you mean 'cifar10'?"),
    "an argument of a data set": (f"{BASIC}\ntrain {{ data cifar10(maen = [1, 2, 3]) }}", "did you mean 'mean'?"),
    "Keras' momentum": (f"norm batch(momentum = 0.99)\n{BASIC}", "write momentum = 0.01"),
    "Flax's momentum": (f"norm batch(momentum = 0.9)\n{BASIC}", "write momentum = 0.1"),
}


@pytest.mark.parametrize("name", SAID)
def test_it_can_be_said_and_computed(name: str) -> None:
    assert [finding for finding in findings(spec(SAID[name])) if finding.severity.name == "ERROR"] == []
    network = checked(spec(SAID[name])).networks["wanted"]
    for backend in ("torch", "flax"):
        compile(resdsl.emit(network, backend), name, "exec")


@pytest.mark.parametrize("name", REMEDIES)
def test_it_gets_its_remedy(name: str) -> None:
    text, remedy = REMEDIES[name]
    assert any(remedy in finding.help for finding in findings(spec(text)))


@pytest.mark.parametrize("backend", ["torch", "flax"])
def test_one_value_per_channel_is_refused_before_anything_runs(backend: str, tmp_path: Path) -> None:
    path = tmp_path / "one.res"
    stages = "stage layer1: 1 x basic(8)\nstage layer2: 1 x basic(16), /2"
    path.write_text(
        spec(f"input 1x8x8\nstem {{ conv 7x7, 8, /2; maxpool 3x3, /2 }}\n{stages}\ntrain {{ data digits }}")
    )
    done = CliRunner().invoke(
        main, ["train", str(path), "--batch", "1", "--backend", backend, "--out", str(tmp_path / "run")]
    )
    assert done.exit_code in {1, 2}
    assert "one value" in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "run").exists()


def test_maps_of_one_pixel_early_are_told_as_strides_and_not_as_wrong_filters() -> None:
    done = CliRunner().invoke(main, ["summary", "resnet50", "--input", "3x16x16"])
    assert done.exit_code == 0
    assert "33,714,176 MACs" in done.output and "25,557,032 parameters" in done.output
    assert "D014" in done.output and "D001" not in done.output


def test_the_depth_of_a_wide_resnet_is_explained() -> None:
    (finding,) = findings("use wrn28_10\nnetwork mine = wrn28_10() { expect { depth 28 } }")
    assert finding.help == "28 counts the 3 projections too and no linear layer, as wide ResNets do: write depth 26"
