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
from resdsl.training.errors import TrainError

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
    "a name is summed up": (lambda: resdsl.summary("resnet20"), TypeError, "summary takes a network, not 'resnet20'"),
    "a network is trained": (lambda: resdsl.train(NET), TypeError, "expected a path"),
    "epochs are a text": (lambda: resdsl.train("resnet20", epochs="ten"), TypeError, "epochs is 'ten': expected a whole"),
    "epochs are a fraction": (lambda: resdsl.train("resnet20", epochs=1.5), TypeError, "expected a whole number from 1"),
    "epochs are true": (lambda: resdsl.train("resnet20", epochs=True), TypeError, "expected a whole number from 1"),
    "no epochs": (lambda: resdsl.train("resnet20", epochs=0), ValueError, "epochs is 0: expected a whole number from 1"),
    "a rate of zero": (lambda: resdsl.train("resnet20", lr=0), ValueError, "lr is 0: expected a rate above 0"),
    "resume is a path": (lambda: resdsl.train("resnet20", resume="runs/a"), TypeError, "expected True or False"),
    "frozen by one text": (lambda: resdsl.train("resnet20", freeze="stem"), TypeError, "a list such as ['stem', 'layer1']"),
    "half precision": (lambda: resdsl.train("resnet20", precision="float16"), ValueError, "expected 'float32' or 'bfloat16'"),
    "weights are a dictionary": (lambda: resdsl.train("resnet20", weights={}), TypeError, "weights is {}: expected a path"),
    "two devices of PyTorch": (lambda: resdsl.train("resnet20", data="digits", devices=2, show=False), TrainError, "torchrun"),
    "data is a path": (lambda: resdsl.train("resnet20", data=Path("x")), TypeError, "expected a name"),
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


def test_a_summary_is_the_command_s() -> None:
    printed = CliRunner().invoke(main, ["summary", "resnet20"]).stdout
    assert repr(resdsl.summary(NET)) == str(resdsl.summary(NET)) == printed.rstrip("\n")
    layers = CliRunner().invoke(main, ["summary", "resnet20", "--layers"]).stdout
    assert str(resdsl.summary(NET, layers=True)) == layers.rstrip("\n")
    assert len(resdsl.summary(NET, layers=True).rows) > len(resdsl.summary(NET).rows) > 3


TINY = """network tiny(filters = 4) {
  input 3x8x8
  shortcut none
  stem { conv 3x3, filters }
  stage layer1: 1 x single(filters)
  head { avgpool; linear 10 }
  train { data digits; batch 250; epochs 2 }
}
"""


def test_training_is_a_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.res").write_text(TINY)
    run = resdsl.train("tiny.res", filters=6, epochs=1, threads=1, show=False)
    assert capsys.readouterr().out == ""
    assert re.fullmatch(r"<Run runs/tiny-digits-1: step 5/5, best top-1 \d+\.\d\d%>", repr(run))
    assert run.finished
    assert [found.step for found in run.metrics] == [5]
    again = resdsl.train(run.path, resume=True, epochs=2, threads=1)
    assert "epoch 2  step 10" in capsys.readouterr().out
    assert (again.path, len(again.metrics)) == (run.path, 2)
    model = resdsl.build(resdsl.load(again.path))
    resdsl.load_weights(model, again.best)
    finer = resdsl.train("tiny.res", filters=6, weights=again.path, freeze=["stem"], steps=1, out="finer", show=False)
    assert finer.path == Path("finer")
    with pytest.raises(TrainError, match="finer holds a run already"):
        resdsl.train("tiny.res", out="finer")
    with pytest.raises(resdsl.SpecError):
        resdsl.train("tiny.res", epoch=3)


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
