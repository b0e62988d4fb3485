"""`resdsl train` and `resdsl eval` as a user meets them, with PyTorch, on the digits that come with resdsl."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

import resdsl
from resdsl.cli import main
from resdsl.weights.files import load, save

BASE = """
network base(n = 1) {
  input 3x8x8
  shortcut pad
  stem { conv 3x3, 8 }
  stage layer1: n x basic(8)
  stage layer2: n x basic(16), /2
  head { avgpool; linear 10 }
  train {
    data digits
    augment pad_crop(1)
    batch 100
    epochs 2
    optimizer sgd(lr = 0.1, momentum = 0.9, weight_decay = 1e-4)
    schedule step(at = [20], factor = 0.1)
  }
}
"""
TINY = 'use "base.res"\nnetwork tiny = base(n = 1) { title "Tiny" }\n'
RUN_FILES = {
    "spec.res", "recipe.json", "metrics.jsonl", "last.safetensors", "best.safetensors", "checkpoint.safetensors"
}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESDSL_DATA", raising=False)
    Path("base.res").write_text(BASE)
    Path("tiny.res").write_text(TINY)
    threads = torch.get_num_threads()
    yield tmp_path
    torch.set_num_threads(threads)


def call(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


def train(*words: str) -> Result:
    result = call("train", "tiny.res", "--precision", "float32", "--threads", "1", *words)
    assert result.exit_code == 0, result.output
    return result


def metrics(path: str) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in Path(path, "metrics.jsonl").read_text().splitlines()]
    return [{name: line[name] for name in line if name not in {"seconds", "images_per_second"}} for line in lines]


def same_weights(one: str, other: str, file: str = "checkpoint.safetensors") -> bool:
    first, second = load(Path(one, file)), load(Path(other, file))
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


def test_a_run_leaves_everything_in_its_folder() -> None:
    result = train()
    folder = Path("runs/tiny-digits-1")
    assert {path.name for path in folder.iterdir()} == RUN_FILES
    for words in ("float32 (--precision), channels-last", "schedule step(at = [20]", str(folder), "epoch 2  step 28"):
        assert words in result.stdout
    assert result.stderr == ""
    assert [line["step"] for line in metrics(str(folder))] == [14, 28]
    recipe = json.loads((folder / "recipe.json").read_text())
    assert recipe["recipe"]["optimizer"]["lr"] == 0.1
    assert recipe["data"]["train"] == 1437
    assert recipe["sessions"][0]["precision"] == "float32"
    assert recipe["sessions"][0]["framework"].startswith("torch ")
    train()
    assert Path("runs/tiny-digits-2").is_dir()
    assert same_weights("runs/tiny-digits-1", "runs/tiny-digits-2")


def test_the_precision_is_chosen_printed_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for native, words in ((True, "bfloat16 (native here)"), (False, "float32 (no native bfloat16 here)")):
        monkeypatch.setattr("resdsl_torch.step.computes_bfloat16", lambda device, native=native: native)
        result = call("train", "tiny.res", "--threads", "1", "--epochs", "1", "--out", f"native-{native}")
        assert words in result.stdout, result.output
    resumed = call("train", "tiny.res", "--resume", "--epochs", "2", "--out", "native-True")
    assert "bfloat16 (as before)" in resumed.stdout


def test_the_spec_in_the_folder_is_the_whole_network() -> None:
    train("--steps", "1")
    Path("base.res").unlink()
    kept = resdsl.load("runs/tiny-digits-1/spec.res:tiny")
    assert kept.title == "Tiny"
    assert [name for name, _ in kept.layers()][-1] == "fc"


def test_options_win_over_the_spec_and_are_stored() -> None:
    words = ("--epochs", "1", "--batch", "50", "--lr", "0.05", "--seed", "7", "--limit", "500")
    result = train(*words, "--out", "mine")
    for entry in (
        "batch 50",
        "epochs 1",
        "lr = 0.05",
        "seed 7",
        "500 training",
        "1 threads",
        "before the schedule's 20",
    ):
        assert entry in result.stdout
    stored = json.loads(Path("mine/recipe.json").read_text())
    assert (stored["recipe"]["batch"], stored["recipe"]["seed"], stored["data"]["train"]) == (50, 7, 500)
    assert [line["step"] for line in metrics("mine")] == [10]


def test_evaluation_finds_what_training_found() -> None:
    train("--out", "run")
    last = metrics("run")[-1]
    for file in ("last.safetensors", "checkpoint.safetensors"):
        result = call("eval", "tiny.res", "--weights", f"run/{file}", "--precision", "float32", "--threads", "1")
        assert result.exit_code == 0, result.output
        assert (
            f"top-1 {last['test_top1']:.2%}  top-5 {last['test_top5']:.2%}  loss {last['test_loss']:.4f}"
            in result.stdout
        )


def test_a_run_goes_on_where_it_was_left() -> None:
    train("--out", "whole", "--epochs", "4")
    train("--out", "parts", "--epochs", "1")
    train("--out", "parts", "--resume", "--epochs", "3")
    result = train("--out", "parts", "--resume", "--epochs", "4")
    assert "going on after step 42" in result.stdout
    assert metrics("parts") == metrics("whole")
    assert same_weights("parts", "whole")
    sessions = json.loads(Path("parts/recipe.json").read_text())["sessions"]
    assert [session["step"] for session in sessions] == [0, 14, 42]
    again = train("--out", "parts", "--resume")
    assert "going on after step 56" in again.stdout
    assert metrics("parts") == metrics("whole")


def test_resume_without_a_folder_takes_the_newest_run() -> None:
    train("--epochs", "1")
    train("--epochs", "1")
    assert "runs/tiny-digits-2" in train("--resume", "--epochs", "2").stdout


def test_ctrl_c_saves_the_run_and_says_how_to_go_on() -> None:
    train("--out", "whole", "--epochs", "20")
    command = [
        sys.executable,
        "-m",
        "resdsl",
        "train",
        "tiny.res",
        "--precision",
        "float32",
        "--threads",
        "1",
        "--out",
        "parts",
    ]
    process = subprocess.Popen([*command, "--epochs", "20"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 300  # a busy machine takes long to begin
    while not (Path("parts/metrics.jsonl").exists() and metrics("parts")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert re.search(r"stopped after step \d+ of 280; all is saved\n.*--out parts --resume", error)
    assert "Traceback" not in error
    assert len(metrics("parts")) < 20
    train("--out", "parts", "--resume")
    assert metrics("parts") == metrics("whole")
    assert same_weights("parts", "whole")


def test_a_run_that_explodes_says_when_and_what_to_try() -> None:
    result = call("train", "tiny.res", "--lr", "1e30", "--out", "run")
    assert result.exit_code == 2
    assert re.search(r"resdsl: the loss of step \d+ is not a number: try a lower --lr", result.stderr)


def changed(old: str, new: str) -> None:
    Path("base.res").write_text(BASE.replace(old, new))


def nothing() -> None:
    return


def taken() -> None:
    Path("run").mkdir()
    Path("run/notes.txt").touch()


WRONG_CALLS = {
    "unknown data": (["--data", "mnist"], "there is no data set 'mnist': choose one of cifar10, cifar100, digits,"),
    "imagenet": (
        ["--data", "imagenet"],
        "there is no folder data: expected DIR/train/CLASS/*.jpg and DIR/val/CLASS/*.jpg",
    ),
    "no cifar": (["--data", "cifar10"], "https://www.cs.toronto.edu/~kriz/cifar.html"),
    "no such folder": (["--data", "cifar10", "--data-dir", "nowhere"], "there is no folder nowhere"),
    "a folder for the digits": (["--data-dir", "."], "leave --data-dir out"),
    "two lengths": (["--steps", "1", "--epochs", "1"], "pass one of --steps and --epochs"),
    "no length": (["--epochs", "0"], "0 is not in the range x>=1"),
    "too large a batch": (["--batch", "2000"], "batch 2000 is more than the 1437 training images: pass --batch 1437"),
    "too high a limit": (["--limit", "2000"], "digits has only 1437 training images"),
    "too high a limit of tests": (["--limit-test", "2000"], "digits has only 360 test images"),
    "unknown backend": (["--backend", "caffe"], "there is no backend 'caffe'"),
    "out is taken": (["--out", "taken"], "taken is not an empty folder: pass another --out"),
    "out is nowhere": (["--out", "tiny.res/run"], "tiny.res is a file, not a folder: pass another --out"),
    "nothing to resume": (["--resume"], "there is no runs/tiny-digits-… to go on with"),
    "no run in out": (["--resume", "--out", "taken"], "taken holds no run to go on with"),
}


@pytest.mark.parametrize(("words", "message"), WRONG_CALLS.values(), ids=WRONG_CALLS)
def test_a_wrong_call_ends_with_one_line_and_leaves_no_run(words: list[str], message: str) -> None:
    Path("taken").mkdir()
    Path("taken/notes.txt").write_text("mine")
    result = call("train", "tiny.res", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert isinstance(result.exception, SystemExit)
    assert not Path("runs").exists()
    assert Path("taken/notes.txt").read_text() == "mine"


MISFITS = {
    "classes": (
        "linear 10",
        "linear 7",
        "tiny has 7 outputs, but digits has 10 classes: end its head with `linear 10`",
    ),
    "no data": ("data digits", "", "tiny names no data set: pass --data digits"),
    "mean": ("data digits", "data digits(mean = [0.5])", "mean = (0.5,) must list 3 numbers, one per channel"),
    "no squares": ("pad_crop(1)", "scale_crop(8)", "scale_crop gives squares, but the network takes 3x8x9"),
}


@pytest.mark.parametrize(("old", "new", "message"), MISFITS.values(), ids=MISFITS)
def test_a_spec_that_does_not_fit_the_data_ends_with_one_line(old: str, new: str, message: str) -> None:
    changed(old, new)
    result = call("train", "tiny.res", *(["--input", "3x8x9"] if "scale_crop" in new else []))
    assert result.exit_code == 2
    assert message in result.stderr
    assert not Path("runs").exists()


def test_an_input_that_does_not_fit_the_data() -> None:
    Path("cifar").mkdir()
    for name in (*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"):
        with Path("cifar", name).open("wb") as file:
            file.truncate(30_730_000)
    result = call("train", "tiny.res", "--data", "cifar10", "--data-dir", "cifar")
    assert result.exit_code == 2
    assert "tiny takes 3x8x8, but the images of cifar10 are 3x32x32: pass --input 3x32x32" in result.stderr
    train("--data", "cifar10", "--data-dir", "cifar", "--input", "3x32x32", "--steps", "1", "--limit", "128")


def test_findings_end_with_status_1() -> None:
    changed("basic(16)", "basik(16)")
    result = call("train", "tiny.res")
    assert result.exit_code == 1
    assert "basik" in result.stderr


def test_a_run_of_a_version_that_knew_less_goes_on() -> None:
    train("--out", "run", "--steps", "1")
    record = json.loads(Path("run/recipe.json").read_text())
    del record["recipe"]["statistics"]
    Path("run/recipe.json").write_text(json.dumps(record))
    train("--out", "run", "--resume", "--steps", "2")


CHANGES = {
    "batch": (nothing, ["--batch", "50"], "run was begun with batch 100, not 50"),
    "seed": (nothing, ["--seed", "1"], "run was begun with seed 0, not 1"),
    "limit": (nothing, ["--limit", "1000"], "run was begun with other images"),
    "limit of tests": (nothing, ["--limit-test", "100"], "run was begun with other images"),
    "lr": (nothing, ["--lr", "0.2"], "run was begun with optimizer"),
    "network": (lambda: changed("basic(8)", "bottleneck_v1(2)"), [], "run was begun with another network"),
    "recipe": (lambda: changed("pad_crop(1)", "pad_crop(2)"), [], "run was begun with augment"),
}


@pytest.mark.parametrize(("change", "words", "message"), CHANGES.values(), ids=CHANGES)
def test_a_run_goes_on_as_it_was_begun_or_not_at_all(change, words: list[str], message: str) -> None:
    train("--out", "run", "--steps", "1")
    before = {path.name: path.read_bytes() for path in Path("run").iterdir()}
    change()
    result = call("train", "tiny.res", "--resume", "--out", "run", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert {path.name: path.read_bytes() for path in Path("run").iterdir()} == before


def test_a_run_does_not_become_shorter_than_it_is() -> None:
    train("--out", "run", "--steps", "2")
    before = {path.name: path.read_bytes() for path in Path("run").iterdir()}
    result = call("train", "tiny.res", "--resume", "--out", "run", "--steps", "1")
    assert result.exit_code == 2
    assert "run is at step 2 already, and is to have 1: pass a longer --epochs or --steps" in result.stderr
    assert {path.name: path.read_bytes() for path in Path("run").iterdir()} == before


def edited(change) -> None:
    path = Path("run/recipe.json")
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


STRANGE = {
    "a list": (lambda: Path("run/recipe.json").write_text("[1]"), "Input should be an object"),
    "empty": (lambda: Path("run/recipe.json").write_text(""), "Invalid JSON"),
    "deep": (lambda: Path("run/recipe.json").write_text("[" * 100_000), "Invalid JSON"),
    "no data": (lambda: edited(lambda content: content.pop("data")), "data: Field required"),
    "no sessions": (lambda: edited(lambda content: content.update(sessions=[])), "sessions: List should have at least 1"),
    "a batch of words": (lambda: edited(lambda content: content["overrides"].update(batch="x")), "overrides.batch"),
    "a negative batch": (lambda: edited(lambda content: content["overrides"].update(batch=-3)), "overrides.batch"),
    "precision": (lambda: edited(lambda content: content["sessions"][-1].update(precision="x")), "precision: Input"),
    "backend": (lambda: edited(lambda content: content["sessions"][-1].update(backend="os")), "no backend 'os'"),
    "checkpoint": (lambda: Path("run/checkpoint.safetensors").write_bytes(Path("run/last.safetensors").read_bytes()),
                   "is no checkpoint"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), STRANGE.values(), ids=STRANGE)
def test_a_run_by_another_hand_is_named_for_what_it_is(change, message: str) -> None:
    train("--out", "run", "--steps", "1")
    change()
    result = call("train", "tiny.res", "--resume", "--out", "run")
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert isinstance(result.exception, SystemExit)
    assert len(result.stderr.splitlines()) == 1


def test_the_line_at_the_end_names_the_weights_that_score_so() -> None:
    changed("lr = 0.1", "lr = 0.6")
    result = train("--out", "run", "--epochs", "6", "--limit", "320", "--batch", "32")
    lines = metrics("run")
    best = max(line["test_top1"] for line in lines)
    assert lines[-1]["test_top1"] < best, "the best must not be the last here"
    said = re.search(r"best top-1 (\S+) after step \d+: (\S+)", result.stdout)
    assert said[1] == f"{best:.2%}"
    for file, score in ((said[2], best), ("run/last.safetensors", lines[-1]["test_top1"])):
        evaluated = call("eval", "tiny.res", "--weights", file, "--precision", "float32", "--threads", "1")
        assert f"top-1 {score:.2%}" in evaluated.stdout
    again = train("--out", "run", "--resume")
    assert said[0] in again.stdout


@pytest.mark.parametrize("signed", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_a_wish_to_stop(signed: signal.Signals) -> None:
    from resdsl.training.interrupt import stop_on_signals

    before = signal.getsignal(signed)
    with stop_on_signals() as stopped:
        os.kill(os.getpid(), signed)
        assert stopped()
    assert signal.getsignal(signed) is before


@pytest.mark.parametrize("before", ["\ufeff", "# first\u2028second\n", "# one\x0ctwo\n", "# a\r\n"])
def test_the_copy_of_a_spec_is_whole_whatever_stands_in_it(before: str) -> None:
    Path("tiny.res").write_text(before + TINY, newline="")
    Path("base.res").write_text("\ufeff" + BASE)
    train("--steps", "1")
    Path("base.res").unlink()
    assert resdsl.load("runs/tiny-digits-1/spec.res:tiny").title == "Tiny"


def test_a_run_is_not_overwritten() -> None:
    train("--out", "run", "--steps", "1")
    before = {path.name: path.read_bytes() for path in Path("run").iterdir()}
    result = call("train", "tiny.res", "--out", "run")
    assert result.exit_code == 2
    assert "run holds a run already: go on with it with --resume, or pass another --out" in result.stderr
    assert {path.name: path.read_bytes() for path in Path("run").iterdir()} == before


def test_weights_that_cannot_be_evaluated() -> None:
    train("--out", "run", "--steps", "1")
    weights = load(Path("run/last.safetensors"))
    weights.pop("fc.bias")
    save(weights, Path("short.safetensors"))
    Path("text.safetensors").write_text("hello")
    for file, message in (
        ("short.safetensors", "short.safetensors does not fit tiny: it lacks fc.bias"),
        ("text.safetensors", "text.safetensors cannot be read as safetensors"),
        ("none.safetensors", "cannot read none.safetensors: No such file"),
    ):
        result = call("eval", "tiny.res", "--weights", file)
        assert result.exit_code == 2
        assert message in result.stderr


@pytest.mark.skipif("RESDSL_TEST_CIFAR" not in os.environ, reason="RESDSL_TEST_CIFAR names no folder")
def test_cifar10_from_its_official_files() -> None:
    data = ["--data", "cifar10", "--data-dir", os.environ["RESDSL_TEST_CIFAR"], "--input", "3x32x32"]
    train(*data, "--limit", "1000", "--steps", "10", "--out", "run")
    (last,) = metrics("run")
    assert last["train_loss"] < 2.6
    result = call(
        "eval", "tiny.res", "--weights", "run/last.safetensors", *data, "--precision", "float32", "--threads", "1"
    )
    assert f"on 10000 test images of cifar10: top-1 {last['test_top1']:.2%}" in result.stdout
