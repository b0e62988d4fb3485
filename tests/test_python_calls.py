"""Wrong calls from Python: one sentence that says what was given and what was expected; and what is printed stays short."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

import resdsl
from resdsl.cli import main
from resdsl.specs import SpecNotFound

NET = resdsl.load("resnet20")
WRONG: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "input is a word": (lambda: resdsl.load("resnet18", input="abc"), ValueError, "for example 3x64x64"),
    "input is empty": (lambda: resdsl.load("resnet18", input=""), ValueError, "for example 3x64x64"),
    "input is a tuple": (lambda: resdsl.load("resnet18", input=(3, 64, 64)), TypeError, "such as '3x64x64'"),
    "input is a number": (lambda: resdsl.check("resnet18", input=64), TypeError, "such as '3x64x64'"),
    "input has a zero": (lambda: resdsl.load("resnet18", input="3x0x64"), ValueError, "for example 3x64x64"),
    "a parameter is a text": (lambda: resdsl.load("cifar:cifar_resnet", n="3"), TypeError, "n is '3': expected a number"),
    "a parameter is true": (lambda: resdsl.load("cifar:cifar_resnet", n=True), TypeError, "expected a number"),
    "a parameter is no number": (lambda: resdsl.load("cifar:cifar_resnet", n=float("nan")), ValueError, "below 2^53"),
    "a parameter is endless": (lambda: resdsl.load("cifar:cifar_resnet", n=float("inf")), ValueError, "below 2^53"),
    "a parameter is nothing": (lambda: resdsl.load("cifar:cifar_resnet", n=None), TypeError, "expected a number"),
    "a spec is a network": (lambda: resdsl.load(NET), TypeError, "expected a path"),
    "a spec is nothing": (lambda: resdsl.check(None), TypeError, "expected a path"),
    "a spec is bytes": (lambda: resdsl.load(b"resnet18"), TypeError, "expected a path"),
    "no such spec": (lambda: resdsl.load("resnet19"), SpecNotFound, "did you mean"),
    "a name is built": (lambda: resdsl.build("resnet20"), TypeError, "resdsl.load"),
    "a name is emitted": (lambda: resdsl.emit("resnet20"), TypeError, "resdsl.load"),
    "a name is drawn": (lambda: resdsl.draw("resnet20"), TypeError, "resdsl.load"),
    "a module is drawn": (lambda: resdsl.draw(torch.nn.Linear(2, 2)), TypeError, "resdsl.load"),
    "a seed is a text": (lambda: resdsl.build(NET, seed="0"), ValueError, "expected a whole number"),
    "a seed is negative": (lambda: resdsl.build(NET, seed=-1), ValueError, "expected a whole number"),
    "no such backend": (lambda: resdsl.build(NET, backend="jax"), Exception, "write --backend flax"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_is_told_what_was_expected(name: str) -> None:
    call, kind, expected = WRONG[name]
    with pytest.raises(kind, match=re.escape(expected)) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("spec", ["resnet34", "resnet1202", "wrn28_10"])
def test_a_network_is_short_when_it_is_printed(spec: str) -> None:
    network = resdsl.load(spec)
    assert len(repr(network)) < 80
    assert str(network.depth) in repr(network)


def test_what_a_network_says_of_itself() -> None:
    assert repr(resdsl.load("resnet34")) == "<Network resnet34: 34 layers, 21.8M params, 3.66G MACs, 3x224x224>"


def test_the_version_is_the_distribution_s() -> None:
    assert CliRunner().invoke(main, ["--version"]).stdout.endswith(f" {resdsl.__version__}\n")


@pytest.mark.parametrize("text", ["network a { input 3x8x8; stem { covn 3x3, 8 } }\n", "network a {\n", ""])
def test_a_finding_is_printed_as_the_command_prints_it(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.res").write_text(text)
    printed = "\n\n".join(map(str, resdsl.check("a.res")))
    assert CliRunner().invoke(main, ["check", "a.res"]).stderr.startswith(printed)
    assert "= help: " in printed
