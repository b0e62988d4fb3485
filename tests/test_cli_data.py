"""`resdsl data DIR`, and `train` and `eval` on folders of images, as a user meets them."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from image_folders import CLASSES, DAMAGED, animated, cmyk, encoded, image_folder, picture, shards
from PIL import Image

from resdsl.cli import main
from resdsl.weights.files import load

SPEC = """
network tiny {
  input 3x24x24
  shortcut pad
  stem { conv 3x3, 8 }
  stage layer1: 1 x basic(8)
  head { avgpool; linear 3 }
  train {
    data folder(mean = [0.5, 0.5, 0.5], std = [0.25, 0.25, 0.25])
    augment random_resized_crop(24, least = 0.5), flip, color(0.1)
    batch 6
    epochs 2
    schedule constant
  }
}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESDSL_DATA", raising=False)
    Path("tiny.res").write_text(SPEC)
    threads = torch.get_num_threads()
    yield image_folder(tmp_path / "images")
    torch.set_num_threads(threads)


def call(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


def said(*words: str) -> Result:
    result = call("data", *words)
    assert result.exit_code == 0, result.output
    return result


def document(*words: str) -> dict:
    return json.loads(said(*words, "--json").stdout)


# ── resdsl data


def test_what_is_there_is_said(folder: Path) -> None:
    lines = said("images").stdout.splitlines()
    assert lines[0] == "images: data folder"
    assert lines[1].startswith("3 classes, 12 training and 6 validation images, 0.0 MB")
    assert [line.split() for line in lines[2:6]] == [["class", "train", "val"], *([name, "4", "2"] for name in CLASSES)]
    assert "kinds: 18 JPEG RGB" in lines
    assert "no image is damaged" in lines
    assert all(len(line) <= 80 for line in lines[:-2])


def test_the_same_as_json(folder: Path) -> None:
    found = document("images")
    assert found["classes"] == [{"name": name, "train": 4, "val": 2} for name in CLASSES]
    assert (found["train"], found["val"], found["damaged"], found["data"]) == (12, 6, {}, "folder")
    sizes = [Image.open(path).size for path in folder.glob("*/*/*")]
    areas = sorted(width * height for width, height in sizes)
    assert [np.prod(found["sizes"][name]) for name in ("smallest", "middle", "largest")] == areas[::9][:2] + areas[-1:]
    assert found["bytes"] == sum(path.stat().st_size for path in folder.glob("*/*/*"))


def test_mean_and_deviation_are_those_of_the_training_pixels(folder: Path) -> None:
    for split in ("train", "val"):
        shutil.rmtree(folder / split)
    for name, level in (("a", 40), ("b", 80)):
        for split in ("train", "val"):
            (folder / split / name).mkdir(parents=True)
            image = Image.new("RGB", (30, 10 * (level // 40)), (level, 0, 255))
            (folder / split / name / "1.png").write_bytes(encoded(image, "PNG"))
    shutil.copy(folder / "train/b/1.png", folder / "val/b/2.png")
    found = document("images")
    assert found["mean"] == pytest.approx([60 / 255, 0, 1], abs=1e-4)
    assert found["std"] == pytest.approx([20 / 255, 0, 0], abs=1e-4)


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


REMARKS = {
    "cmyk": ("a.jpg", cmyk(), "is CMYK: it is read as RGB; convert it where its colours matter"),
    "animated": ("b.webp", animated(), "has 3 pictures: the first is taken; save the one that is meant"),
    "one pixel": (
        "c.png",
        encoded(Image.new("RGB", (1, 1)), "PNG"),
        "is 1x1: there is hardly anything to see; replace or remove it",
    ),
    "turned": (
        "d.jpg",
        encoded(picture(9), exif=turned()),
        "is turned by its EXIF, which is not looked at: save it upright",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "remark"), REMARKS.values(), ids=REMARKS)
def test_what_is_unusual_is_said_and_nothing_is_lost(folder: Path, name: str, content: bytes, remark: str) -> None:
    (folder / "train/bear" / name).write_bytes(content)
    result = said("images")
    assert f"note: images/train/bear/{name} {remark}" in result.stdout.splitlines()
    assert "3 classes, 13 training and 6 validation images" in result.stdout
    assert "no image is damaged" in result.stdout


def test_every_damaged_image_is_named_with_what_to_do(folder: Path) -> None:
    for name, content, _ in DAMAGED.values():
        (folder / "train/apple" / name).write_bytes(content)
    (folder / "train/door").mkdir()
    result = said("images")
    lines = result.stdout.splitlines()
    assert f"damaged: {len(DAMAGED)}" in lines
    for name, _, reason in DAMAGED.values():
        (line,) = (line for line in lines if f"train/apple/{name} " in line)
        assert reason in line
        assert line.endswith(": mend or remove it")
    assert "note: images/train/door holds no images: add some, or remove the folder" in lines
    assert set(document("images")["damaged"]) == {f"images/train/apple/{name}" for name, _, _ in DAMAGED.values()}
    assert call("data", "images", "--strict").exit_code == 1


def test_many_classes_are_summed_up(folder: Path) -> None:
    for number in range(30):
        for split in ("train", "val"):
            (folder / split / f"class{number:02}").mkdir()
            shutil.copy(folder / split / "apple/0.jpg", folder / split / f"class{number:02}")
    lines = said("images").stdout.splitlines()
    assert "training images of a class: 1 (class00) to 4" in lines
    assert len(lines) < 10
    assert len(document("images")["classes"]) == 33


def test_shards_and_imagenet_s_names_and_records_are_known(folder: Path, tmp_path: Path) -> None:
    shards(folder, tmp_path / "packed", False)
    assert document("packed")["classes"] == document("images")["classes"]
    image_folder(tmp_path / "some", classes=("n01440764", "n02099601"))
    assert said("some").stdout.startswith("some: data imagenet\n2 classes, 8 training and 4 validation images")
    (tmp_path / "records/cifar-100-binary").mkdir(parents=True)
    for name, count in (("train.bin", 50_000), ("test.bin", 10_000)):
        with (tmp_path / "records/cifar-100-binary" / name).open("wb") as file:
            file.truncate(count * 3074)
    text = said("records").stdout
    assert "records: data cifar100\n100 classes, 50,000 training and 10,000 validation images" in text
    assert "mean [0.0, 0.0, 0.0], std [0.0, 0.0, 0.0]" in text


@pytest.mark.parametrize("words", [["nowhere"], ["tiny.res"], ["."], []], ids=["none", "file", "other", "default"])
def test_a_folder_without_data_is_one_line(words: list[str]) -> None:
    result = call("data", *words)
    assert result.exit_code == 2
    assert "expected DIR/train/CLASS/*.jpg and DIR/val/CLASS/*.jpg" in result.stderr
    assert result.stderr.count("\n") == 1


# ── train and eval


def test_a_folder_is_trained_on_and_evaluated(folder: Path) -> None:
    (folder / "train/apple/broken.jpg").write_bytes(DAMAGED["truncated"][1])
    (folder / "val/apple/broken.jpg").write_bytes(DAMAGED["text"][1])
    (folder / "train/apple/notes.txt").write_text("mine")
    result = call("train", "tiny.res", "--data-dir", "images", "--out", "run", "--threads", "1", "--workers", "2")
    assert result.exit_code == 0, result.output
    assert "tiny on folder: 13 training and 7 test images, 3x24x24, 3 classes" in result.stdout
    assert "note: images/train/apple/notes.txt is no .jpg, .png or .webp: it is left out" in result.stdout
    assert "damaged images that were left out: 2; resdsl data DIR names them" in result.stderr
    assert json.loads(Path("run/recipe.json").read_text())["data"]["classes"] == list(CLASSES)
    result = call("eval", "tiny.res", "--data-dir", "images", "--weights", "run/last.safetensors", "--threads", "1")
    assert "tiny on 6 test images of folder" in result.stdout
    resumed = call("train", "tiny.res", "--out", "run", "--resume", "--epochs", "3", "--threads", "1", "--workers", "0")
    assert resumed.exit_code == 0, resumed.output


@pytest.mark.parametrize("backend", ["torch", "flax"])
def test_workers_and_interruptions_change_no_bit(folder: Path, backend: str) -> None:
    shared = ["tiny.res", "--data-dir", "images", "--threads", "1", "--backend", backend, "--precision", "float32"]
    for workers in ("0", "1", "3"):
        result = call("train", *shared, "--out", f"run{workers}", "--workers", workers)
        assert result.exit_code == 0, result.output
    # Stopped in the middle of its second epoch.
    call("train", *shared, "--out", "parts", "--steps", "3", "--workers", "1")
    result = call("train", *shared, "--out", "parts", "--resume", "--epochs", "2", "--workers", "2")
    assert result.exit_code == 0, result.output
    first, *others = (load(Path(name, "last.safetensors")) for name in ("run0", "run1", "run3", "parts"))
    for other in others:
        assert first.keys() == other.keys()
        assert all(np.array_equal(first[name], other[name]) for name in first)


def test_a_strict_run_ends_with_one_line(folder: Path) -> None:
    (folder / "train/apple/broken.jpg").write_bytes(b"text")
    result = call("train", "tiny.res", "--data-dir", "images", "--out", "run", "--strict", "--threads", "1")
    assert result.exit_code == 2
    assert "apple/broken.jpg is no JPEG, PNG or WebP image: mend or remove it, or leave --strict out" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("backend", ["torch", "flax"])
def test_ten_crops_are_averaged(folder: Path, backend: str) -> None:
    """Of images of one colour all crops are alike, and of others they are not."""
    words = ["tiny.res", "--data-dir", "images", "--threads", "1", "--backend", backend, "--precision", "float32"]
    call("train", *words, "--out", "run", "--steps", "2")
    evaluated = ["eval", *words, "--weights", "run/last.safetensors"]
    single, ten = (call(*evaluated, *more) for more in ([], ["--crops", "10"]))
    assert ten.exit_code == 0, ten.output
    assert single.stdout != ten.stdout
    for path in folder.glob("val/*/*"):
        path.write_bytes(
            encoded(Image.new("RGB", (40, 40), tuple(np.frombuffer(path.read_bytes()[-40:-37], np.uint8))))
        )
    single, ten = (call(*evaluated, *more) for more in (["--size", "30"], ["--crops", "10"]))
    assert single.stdout == ten.stdout
    assert call(*evaluated, "--crops", "5").exit_code == 2


@pytest.mark.parametrize("name", ["\x1b[31mred\x07", "line\nfeed", os.fsdecode(b"latin-\xe9"), "\u202etxt"])
def test_names_command_no_terminal(folder: Path, name: str) -> None:
    (folder / "train" / name).mkdir()
    (folder / "train" / name / f"{name}.jpg").write_bytes(b"none")
    (folder / "train" / name / "sound.jpg").write_bytes(encoded(picture(1)))
    Path("tiny.res").write_text(SPEC.replace("linear 3", "linear 4"))
    outputs = [
        call("data", "images"),
        call("data", "images", "--json"),
        call("train", "tiny.res", "--data-dir", "images", "--out", "run", "--threads", "1"),
    ]
    for result in outputs:
        assert result.exit_code == 0, result.output
        shown = result.stdout + result.stderr
        assert not {"\x1b", "\x07", "\u202e", "\udce9"} & set(shown)
    assert "damaged: 1" in outputs[0].stdout.splitlines()
    assert len(json.loads(outputs[1].stdout)["damaged"]) == 1
