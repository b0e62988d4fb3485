"""Networks under any prefix, beside other weights, more than once, and averaged ones beside raw ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from foreign import FOREIGN
from test_weights_match import network_of, state_of

from resdsl.cli import main
from resdsl.transfer.checkpoint import read_checkpoint
from resdsl.transfer.planner import plan_transfer, transfer
from resdsl.transfer.search import MisfitError
from resdsl.weights.files import load

State = Mapping[str, torch.Tensor]
SPEC = FOREIGN["torchvision"].spec
OURS: State = {name: torch.from_numpy(array.copy()) for name, array in state_of("torchvision").items()}
THEIRS: State = {name.replace("downsample", "skip").replace("fc", "linear"): array for name, array in OURS.items()}
BODY: State = {name: array for name, array in OURS.items() if not name.startswith("fc")}


def under(prefix: str, state: State) -> dict[str, torch.Tensor]:
    return {prefix + name: tensor for name, tensor in state.items()}


def doubled(state: State) -> State:
    return {name: tensor * 2 for name, tensor in state.items()}


def norm(name: str, channels: int) -> State:
    return {f"{name}.{part}": torch.rand(channels) for part in ("weight", "bias", "running_mean", "running_var")}


PROJECTOR = {"encoder.fc.0.weight": torch.ones(16, 16), **norm("encoder.fc.1", 16)}
NECK = {**norm("bottleneck", 16), "classifier.weight": torch.ones(7, 16)}
OTHER_WIDTH = {"projector.0.weight": torch.ones(9, 16), **norm("projector.1", 9)}

# What is in the file, the prefix that is taken, and whether the whole network stands there.
BESIDE = {
    "a queue": ({**under("module.encoder_q.", OURS), "module.queue": torch.ones(8, 16)}, "module.encoder_q.", True),
    "a wrapper nobody knows": ({"run": {"best": under("net.", OURS)}, "acc": 0.9}, "run.best.net.", True),
    "foreign names": ({"run": under("net.", THEIRS), **norm("aside", 8)}, "run.net.", True),
    "a projector": ({**under("encoder.", BODY), **PROJECTOR}, "encoder.", False),
    "a neck": ({**under("base.", BODY), **NECK}, "base.", False),
    "a projector of another width": ({**under("backbone.", BODY), **OTHER_WIDTH}, "backbone.", False),
}


@pytest.mark.parametrize("case", BESIDE)
def test_a_network_is_found_beside_other_weights(case: str, tmp_path: Path):
    content, prefix, whole = BESIDE[case]
    torch.save(content, tmp_path / "in.pth")
    network = network_of(SPEC)
    plan = plan_transfer(network, read_checkpoint(tmp_path / "in.pth"))
    assert (plan.prefix, plan.complete) == (prefix, whole)
    assert {missing.name for missing in plan.missing} == (set() if whole else {"fc.weight", "fc.bias"})
    found = transfer(network, plan)
    for name in OURS if whole else BODY:
        np.testing.assert_array_equal(found[name], OURS[name].numpy(), err_msg=name)


TWICE = {
    "momentum": ({**under("encoder_q.", OURS), **under("encoder_k.", doubled(OURS))}, ["encoder_q.", "encoder_k."]),
    "teacher": (
        {"student": under("module.backbone.", OURS), "teacher": under("backbone.", doubled(OURS))},
        ["student.module.backbone.", "teacher.backbone."],
    ),
    "foreign names": ({"model": THEIRS, "net": doubled(THEIRS)}, ["model.", "net."]),
    "without a head": (
        {**under("encoder_q.", BODY), **under("encoder_k.", doubled(BODY))},
        ["encoder_q.", "encoder_k."],
    ),
}


@pytest.mark.parametrize("case", TWICE)
def test_two_copies_are_both_named_and_either_can_be_taken(case: str, tmp_path: Path):
    content, prefixes = TWICE[case]
    torch.save(content, tmp_path / "in.pth")
    network, stored = network_of(SPEC), read_checkpoint(tmp_path / "in.pth")
    with pytest.raises(MisfitError, match="--take") as caught:
        plan_transfer(network, stored)
    for factor, prefix in enumerate(prefixes, start=1):
        assert prefix in str(caught.value)
        found = transfer(network, plan_transfer(network, stored, take=prefix))
        np.testing.assert_array_equal(found["conv1.weight"], OURS["conv1.weight"].numpy() * factor)


def test_two_equal_copies_are_one(tmp_path: Path):
    torch.save({"model": OURS, "state_dict": OURS}, tmp_path / "in.pth")
    assert plan_transfer(network_of(SPEC), read_checkpoint(tmp_path / "in.pth")).complete


AVERAGED = {
    "timm": {"state_dict": OURS, "state_dict_ema": doubled(OURS), "epoch": 3},
    "torchvision": {"model": OURS, "model_ema": {**under("module.", doubled(OURS)), "n_averaged": torch.tensor(9)}},
    "lightning": {"state_dict": {**under("model.", OURS), **under("ema_model.", doubled(OURS))}},
    "foreign names": {"net": THEIRS, "net_ema": doubled(THEIRS)},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.res").write_text(SPEC)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["weights", "net.res", *arguments], catch_exceptions=False)


@pytest.mark.parametrize("case", AVERAGED)
def test_averaged_weights_are_said_and_can_be_taken(case: str, folder: Path):
    torch.save(AVERAGED[case], "in.pth")
    raw = run("in.pth", "raw.safetensors")
    assert raw.exit_code == 0
    assert "averaged weights: --ema takes them" in raw.stdout
    averaged = run("in.pth", "ema.safetensors", "--ema")
    assert averaged.exit_code == 0
    for file, factor in (("raw", 1), ("ema", 2)):
        found = load(Path(f"{file}.safetensors"))
        np.testing.assert_array_equal(found["conv1.weight"], OURS["conv1.weight"].numpy() * factor)


@pytest.mark.parametrize(
    ("option", "said"), [(["--ema"], "no averaged weights"), (["--take", "teacher."], "the file has state_dict.")]
)
def test_what_is_not_there_cannot_be_taken(option: list[str], said: str, folder: Path):
    torch.save({"state_dict": OURS}, "in.pth")
    result = run("in.pth", "out.safetensors", *option)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert said in result.stderr
