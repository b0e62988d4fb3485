"""`resdsl weights` as a user meets it, and `resdsl.load_weights`: exit status, streams, and that nothing is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from foreign import FOREIGN, TWO, resnet
from foreign_nets import filled
from safetensors import safe_open
from test_weights_transfer import TRAINED

import resdsl
from resdsl.cli import main
from resdsl.transfer.checkpoint import read_checkpoint
from resdsl.weights.files import WeightsError, load, read, save
from resdsl.weights.initial import initial_weights

STYLE = FOREIGN["kuangliu"]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls `resdsl weights` in a folder with net.res and, in kuangliu's names, in.pt."""
    monkeypatch.chdir(tmp_path)
    Path("net.res").write_text(STYLE.spec)
    torch.save(filled(STYLE.make()).state_dict(), "in.pt")

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["weights", *arguments], catch_exceptions=False)

    return call


def assert_refused(result: Result, status: int, *said: str) -> None:
    assert result.exit_code == status
    assert all(words in result.stderr for words in said)
    assert result.stderr.count("\n") == 1
    assert not Path("out.safetensors").exists()


def test_the_plan_is_printed_and_the_file_written(run: Run):
    result = run("net.res", "in.pt", "out.safetensors")
    assert result.exit_code == 0
    assert "by structure" in result.stdout
    line = next(line for line in result.stdout.splitlines() if "layer2.0.downsample.0" in line)
    assert "layer2.0.shortcut.0" in line
    assert "num_batches_tracked" in result.stdout
    assert result.stderr == "wrote out.safetensors: 52 tensors\n"
    with safe_open("out.safetensors", framework="numpy") as file:
        words = file.metadata()
    assert (words["network"], words["spec"], words["source"]) == ("net", "net.res", "in.pt")


def test_what_was_written_is_ours(run: Run):
    run("net.res", "in.pt", "out.safetensors")
    result = run("net.res", "out.safetensors", "again.safetensors")
    assert "by their names" in result.stdout
    first, again = load(Path("out.safetensors")), load(Path("again.safetensors"))
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_json_names_every_tensor(run: Run):
    plan = json.loads(run("net.res", "in.pt", "out.safetensors", "--json").stdout)
    assert (plan["network"], plan["by"], plan["complete"]) == ("net", "structure", True)
    assert {"from": "linear.bias", "to": "fc.bias", "shape": [5], "changes": []} in plan["moves"]
    assert len(plan["moves"]) == 52
    assert len(plan["left"]) == 10


def test_a_long_plan_is_folded(run: Run):
    save(initial_weights(resdsl.load("resnet1202")), Path("in.safetensors"))
    result = run("resnet1202", "in.safetensors", "out.safetensors")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) < 12
    assert any(
        line.split()[:5] == ["layer1", "layer1.0.conv1", "…", "layer1.199.bn2", "2000"]
        for line in result.stdout.splitlines()
    )


def with_classes(count: int) -> None:
    state = filled(STYLE.make()).state_dict()
    state |= {"linear.weight": torch.ones(count, 16), "linear.bias": torch.ones(count)}
    torch.save(state, "in.pt")


def test_a_mismatch_is_refused(run: Run):
    with_classes(7)
    result = run("net.res", "in.pt", "out.safetensors")
    assert_refused(result, 1, "2 parameters would not be loaded, 2 tensors would be left", "--partial")
    assert "fc.weight (5x16), fc.bias (5)" in result.stdout
    assert "linear.weight (7x16), linear.bias (7)" in result.stdout


def test_partial_writes_the_rest_as_it_starts(run: Run):
    with_classes(7)
    result = run("net.res", "in.pt", "out.safetensors", "--partial")
    assert result.exit_code == 0
    assert "52 tensors, 2 of them with initial values" in result.stderr
    arrays, words = read(Path("out.safetensors"))
    assert words["not_loaded"] == "fc.weight fc.bias"
    initial = initial_weights(resdsl.load("net.res"))
    assert np.array_equal(arrays["fc.weight"], initial["fc.weight"])
    assert not np.array_equal(arrays["conv1.weight"], initial["conv1.weight"])


def test_where_nothing_fits_partial_does_not_help(run: Run):
    torch.save({"a.weight": torch.ones(3, 3)}, "in.pt")
    assert_refused(run("net.res", "in.pt", "out.safetensors", "--partial"), 1, "nothing in the file fits")


def test_values_that_are_no_numbers_are_refused(run: Run):
    state = filled(STYLE.make()).state_dict()
    state["conv1.weight"][0, 0, 0, 0] = torch.nan
    torch.save(state, "in.pt")
    assert_refused(run("net.res", "in.pt", "out.safetensors"), 1, "conv1.weight holds values that are no finite")


def test_an_ambiguity_is_refused_with_its_candidates(run: Run):
    state = filled(STYLE.make()).state_dict()
    letters = {name.replace("conv1", "z").replace("conv2", "a"): tensor for name, tensor in state.items()}
    torch.save({name: letters[name] for name in sorted(letters)}, "in.pt")
    assert_refused(run("net.res", "in.pt", "out.safetensors"), 1, "more than one reading", "may be")


WRONG_CALLS = {
    "missing": (["net.res", "none.pt", "out.safetensors"], "No such file"),
    "text": (["net.res", "net.res", "out.safetensors"], "no checkpoint that can be read"),
    "onto itself": (["net.res", "in.pt", "in.pt", "--force"], "IN and OUT are both in.pt"),
    "onto itself by another name": (["net.res", "in.pt", "./link.pt", "--force"], "IN and OUT are both"),
    "onto a folder": (["net.res", "in.pt", "folder"], "is a folder"),
    "into no folder": (["net.res", "in.pt", "nowhere/out.safetensors"], "no folder nowhere"),
    "onto something else": (["net.res", "in.pt", "net.res"], "pass --force"),
}


@pytest.mark.parametrize("case", WRONG_CALLS)
def test_a_wrong_call_changes_nothing(run: Run, case: str):
    Path("link.pt").symlink_to("in.pt")
    Path("folder").mkdir()
    before = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    arguments, said = WRONG_CALLS[case]
    assert_refused(run(*arguments), 2, said)
    assert before == {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}


def test_force_overwrites(run: Run):
    Path("out.safetensors").write_text("old")
    assert run("net.res", "in.pt", "out.safetensors", "--force").exit_code == 0
    assert load(Path("out.safetensors"))


def test_a_spec_with_errors_ends_before_the_weights_are_read(run: Run):
    Path("bad.res").write_text(resnet("order sideways", TWO))
    result = run("bad.res", "none.pt", "out.safetensors")
    assert result.exit_code == 1
    assert "sideways" in result.stderr


@pytest.mark.parametrize("backend", ["torch", "flax"])
def test_load_weights_takes_what_save_weights_wrote_and_says_what_does_not_fit(backend: str, run: Run):
    network = resdsl.load("net.res")
    resdsl.save_weights(resdsl.build(network, backend, seed=4), "saved.safetensors")
    model = resdsl.build(network, backend, seed=5)
    resdsl.load_weights(model, "saved.safetensors")
    resdsl.save_weights(model, "again.safetensors")
    saved, again = load(Path("saved.safetensors")), load(Path("again.safetensors"))
    assert all(np.array_equal(saved[name], again[name]) for name in saved)
    save({"linear.weight": np.ones((3, 3), np.float32)}, Path("other.safetensors"))
    with pytest.raises(WeightsError, match=r"other\.safetensors does not fit this .*resdsl weights SPEC"):
        resdsl.load_weights(model, "other.safetensors")


def test_the_commands_of_the_page_work(run: Run):
    page = (Path(__file__).parent.parent / "docs/weights.md").read_text("utf-8")
    commands = re.findall(r"^resdsl weights (.+)$", page, re.MULTILINE)
    assert commands
    stored = read_checkpoint(TRAINED).entries
    state = {name: torch.from_numpy(tensor.array.copy()) for name, tensor in stored.items()}
    torch.save(
        {"state_dict": state, "state_dict_ema": {name: value / 2 for name, value in state.items()}}, "resnet20.th"
    )
    assert [run(*command.split()).exit_code for command in commands] == [0] * len(commands)


def test_the_ending_of_out_says_its_format(run: Run):
    assert run("net.res", "in.pt", "out.pth").exit_code == 0
    model = resdsl.build(resdsl.load("net.res"))
    assert not model.load_state_dict(torch.load("out.pth", weights_only=True)).missing_keys
    assert run("net.res", "out.pth", "again.safetensors").exit_code == 0
    for name, array in load(Path("again.safetensors")).items():
        np.testing.assert_array_equal(array, model.state_dict()[name].numpy())
    assert_refused(run("net.res", "in.pt", "out.bin"), 2, "let its name end in .safetensors, .pth")


TIMM = Path(__file__).parent / "data/timm"
# What does not come with resdsl, and what is not timm's.
UNNAMED = {"cspresnet50", "torchvision_regnet_y_400mf"}


# One for each way in which timm's names part from ours; the others repeat these.
TELLING = {"ecaresnet50d", "legacy_seresnet18", "regnetv_040", "res2net50_26w_4s", "resnetv2_50"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(path.stem, marks=() if path.stem in TELLING else pytest.mark.slow)
        for path in sorted(TIMM.glob("*.json"))
        if path.stem not in UNNAMED
    ],
)
def test_timms_names(name: str, run: Run):
    """tests/data/timm: names and shapes of timm 1.0.31's own state dicts."""
    network = resdsl.load(name)
    save(initial_weights(network, 1), Path("ours.safetensors"))
    assert run(name, "ours.safetensors", "theirs.safetensors", "--names", "timm").exit_code == 0
    found = load(Path("theirs.safetensors"))
    expected = json.loads((TIMM / f"{name}.json").read_text())["state_dict"]
    assert {name: list(array.shape) for name, array in found.items()} == {
        name: shape for name, shape in expected if not name.endswith("num_batches_tracked")
    }
    assert run(name, "theirs.safetensors", "back.safetensors").exit_code == 0
    ours, back = load(Path("ours.safetensors")), load(Path("back.safetensors"))
    assert all(np.array_equal(ours[name], back[name]) for name in ours)


@pytest.mark.parametrize("spec", ["net.res", "resnet20", "resnet164_act_pre"])
def test_what_timm_has_no_names_for_is_refused(spec: str, run: Run):
    save(initial_weights(resdsl.load(spec)), Path("ours.safetensors"))
    assert_refused(run(spec, "ours.safetensors", "out.safetensors", "--names", "timm"), 2, "leave --names out")


def test_strides_are_not_in_a_file(run: Run):
    save(initial_weights(resdsl.load("resnet50")), Path("v1_5.safetensors"))
    result = run("resnet50_v1", "v1_5.safetensors", "out.safetensors")
    assert result.exit_code == 0
    assert "the file cannot tell: resnet50 (other strides), resnetaa50 (another order of layers)" in result.stderr
    assert result.stderr.count("\n") == 2


SWAPPED = {
    "IN SPEC OUT": (["in.pt", "net.res", "out.safetensors"], "`resdsl weights net.res in.pt out.safetensors`"),
    "IN and a shipped SPEC": (
        ["in.pt", "resnet20", "out.safetensors"],
        "`resdsl weights resnet20 in.pt out.safetensors`",
    ),
    "IN twice": (["in.pt", "in.pt", "out.safetensors"], "the spec comes first"),
    "SPEC OUT IN": (["net.res", "out.safetensors", "in.pt"], "IN comes before OUT"),
}


@pytest.mark.parametrize("case", SWAPPED)
def test_swapped_arguments_get_the_right_call(run: Run, case: str):
    arguments, said = SWAPPED[case]
    assert_refused(run(*arguments), 2, said)
