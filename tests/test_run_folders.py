"""A run folder as SPEC, for every command, and what `eval` says of a run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from image_folders import CLASSES, image_folder

import resdsl
from resdsl.cli import main

SPEC = """
network tiny(filters = 4) {
  input 3x16x16
  shortcut projection
  stem { conv 3x3, filters }
  stage layer1: 1 x basic(filters)
  head { avgpool; linear 3 }
  train {
    data folder
    augment random_resized_crop(16, least = 0.5), flip
    batch 4
    epochs 4
    optimizer sgd(lr = 0.05)
    schedule constant
  }
}
"""


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run, in its own folder of images, with parameters, an input and an output stride of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESDSL_DATA", raising=False)
    Path("tiny.res").write_text(SPEC)
    image_folder(tmp_path / "images")
    words = ("--set", "filters=6", "--input", "3x12x12", "--data-dir", "images")
    said = call("train", "tiny.res", *words, "--out", "run", "--threads", "1", "--precision", "float32")
    assert said.exit_code == 0, said.output
    Path("tiny.res").unlink()
    return Path("run")


def call(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


def lines() -> list[dict[str, float]]:
    return [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    "words",
    [
        ("summary",), ("check",), ("compile",), ("draw",), ("show",), ("show", "--expanded"), ("verify",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_run_folder_is_a_spec(words: tuple[str, ...]) -> None:
    result = call(*words, "run")
    assert result.exit_code == 0, result.output
    if words[0] == "summary":
        assert "input 3x12x12" in result.stdout


def test_a_run_folder_is_a_spec_in_python() -> None:
    network = resdsl.load("run")
    assert str(network.input) == "3x12x12"
    assert network.stem[0].output.channels == 6
    resdsl.load_weights(resdsl.build(network), "run/best.safetensors")


def test_a_run_goes_on_by_its_folder_alone() -> None:
    result = call("train", "run", "--resume", "--epochs", "5", "--threads", "1")
    assert result.exit_code == 0, result.output
    assert "going on after step 12" in result.stdout
    assert len(lines()) == 5
    other = call("train", "run", "--steps", "1", "--data-dir", "images", "--out", "other", "--threads", "1")
    assert other.exit_code == 0, other.output
    assert json.loads(Path("other/recipe.json").read_text())["input"] == "3x12x12"


@pytest.mark.parametrize("last", [False, True])
def test_a_run_is_evaluated_as_it_was_trained(last: bool) -> None:
    result = call("eval", "run", *(["--last"] if last else []), "--threads", "1")
    assert result.exit_code == 0, result.output
    score = lines()[-1]["test_top1"] if last else max(line["test_top1"] for line in lines())
    assert f"top-1 {score:.2%}" in result.stdout
    assert f"run/{'last' if last else 'best'}.safetensors (torch" in result.stdout
    assert "float32" in result.stdout
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


@pytest.mark.parametrize("backend", ["torch", "flax"])
def test_the_classes_add_up_to_the_whole(backend: str) -> None:
    whole = json.loads(call("eval", "run", "--json", "--backend", backend).stdout)
    parts = json.loads(call("eval", "run", "--json", "--per-class", "--backend", backend).stdout)
    assert [row["name"] for row in parts["classes"]] == list(CLASSES)
    assert whole["images"] == parts["images"] == sum(row["images"] for row in parts["classes"]) == 6
    for name in ("top1", "top5", "loss"):
        assert parts[name] == pytest.approx(whole[name], rel=1e-4)
        mean = sum(row["images"] * row[name] for row in parts["classes"]) / 6
        assert parts[name] == pytest.approx(mean)
    table = call("eval", "run", "--per-class", "--backend", backend).stdout.splitlines()[2:]
    assert table[0].split() == ["class", "images", "top-1", "top-5", "loss"]
    assert [row.split()[0] for row in table[1:]] == list(CLASSES)
    assert table[1].split()[2] == f"{parts['classes'][0]['top1']:.2%}"


def test_a_class_without_sound_images_has_no_scores() -> None:
    for path in Path("images/val/bear").iterdir():
        path.write_bytes(b"text")
    result = call("eval", "run", "--per-class")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[4].split() == ["bear", "0", "no", "images"]
    assert json.loads(call("eval", "run", "--per-class", "--json").stdout)["classes"][1]["top1"] is None


def no_recipe(run: Path) -> None:
    (run / "recipe.json").write_text("[1]")


def no_weights(run: Path) -> None:
    (run / "best.safetensors").unlink()
    (run / "last.safetensors").unlink()


def other_classes(run: Path) -> None:
    for split in ("train", "val"):
        shutil.move(f"images/{split}/apple", f"images/{split}/zebra")


WRONG = {
    "another's recipe": (no_recipe, ["run"], "recipe.json does not say which network the run is of"),
    "no weights": (no_weights, ["run"], "run holds no weights: last.safetensors is not there"),
    "both weights": (lambda run: None, ["run", "--last", "--weights", "x"], "pass one of them"),
    "no weights named": (lambda run: None, ["resnet20"], "pass --weights FILE, or a run folder"),
    "other classes": (other_classes, ["run"], "trained on the classes apple, bear, clock, but these are bear, clock, zebra"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "words", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_evaluated_is_said_in_a_line(change, words: list[str], message: str, run: Path) -> None:
    change(run)
    result = call("eval", *words)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
