"""Data sets of image files: what is found, how it is decoded, seen and batched, and what damage does."""

import io
import logging
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from image_folders import CLASSES, DAMAGED, SOUND, encoded, image_folder, load, picture, shards
from numpy_session import NumpySession
from PIL import Image

from resdsl.epoch import Frame
from resdsl.ir.recipe import Augmentation, Color, Flip, PadCrop, RandomResizedCrop, Recipe, ScaleCrop
from resdsl.ir.shape import Shape
from resdsl.training.augment import changed, drawn
from resdsl.training.batches import epoch_of, training_batches
from resdsl.training.batches import test_batches as whole_batches
from resdsl.training.data import decode
from resdsl.training.data.dataset import Dataset, Images
from resdsl.training.data.decode import DamagedImageError, decoded
from resdsl.training.data.framing import Centred, View, drawn_view, framed, viewed
from resdsl.training.errors import DataError
from resdsl.training.feed import HostFeed
from resdsl.training.share import Share

PAPER, TODAY = ScaleCrop(24, (26, 40)), RandomResizedCrop(24)
AUGMENTS: tuple[tuple[Augmentation, ...], ...] = (
    (),
    (PadCrop(2), Flip()),
    (PAPER, Flip(), Color()),
    (TODAY, Flip(), Color(0.2)),
)


@pytest.fixture(autouse=True)
def nothing_else_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RESDSL_DATA", raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return image_folder(tmp_path / "images")


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def batches(dataset: Dataset, recipe: Recipe, number: int = 0, start: int = 0) -> Iterator[Images]:
    return training_batches(dataset.train, recipe.batch, epoch_of(recipe, len(dataset.train), number), start)


def epoch(dataset: Dataset, recipe: Recipe, number: int = 0, start: int = 0) -> Iterator[bytes]:
    for batch in batches(dataset, recipe, number, start):
        yield batch.pixels.tobytes() + batch.labels.tobytes()


# ── What is found


def test_classes_are_the_sorted_names_of_the_folders(home: Path) -> None:
    dataset = load(home)
    assert (dataset.names, dataset.classes, dataset.notes) == (CLASSES, 3, ())
    assert (len(dataset.train), len(dataset.test), dataset.shape) == (12, 6, Shape(3, 24, 24))
    assert dataset.test.labels.tolist() == [0, 0, 1, 1, 2, 2]


def test_the_first_training_images_are_of_all_classes(home: Path) -> None:
    for index in range(5):
        (home / "train/bear" / f"more{index}.jpeg").write_bytes(encoded(picture(index)))
    assert load(home).train.labels.tolist() == [0, 1, 2] * 4 + [1] * 5
    assert load(home).limited(6).train.labels.tolist() == [0, 1, 2] * 2


def test_some_test_images_are_of_all_classes(home: Path) -> None:
    assert load(home).limited(None, 3).test.labels.tolist() == [0, 1, 2]
    assert load(home).limited(None, 6).fingerprint() == load(home).fingerprint()


def test_images_may_stand_deeper_and_hidden_files_are_none(home: Path) -> None:
    (home / "train/apple/images/more").mkdir(parents=True)
    (home / "train/apple/images/more/1.JPEG").write_bytes(encoded(picture(1)))
    (home / "train/apple/.DS_Store").write_bytes(b"hidden")
    (home / "train/.cache").mkdir()
    (home / "val/apple/loop").symlink_to(home, target_is_directory=True)
    dataset = load(home)
    assert (len(dataset.train), dataset.names) == (13, CLASSES)
    assert dataset.notes == (f"{home}/val/apple/loop is no .jpg, .png or .webp: it is left out; convert or remove it",)


NOTES = {
    "an empty class": (
        lambda home: (home / "train/door").mkdir(),
        "{home}/train/door holds no images: add some, or remove the folder",
    ),
    "another kind": (
        lambda home: (home / "val/bear/a.gif").write_bytes(b"GIF89a"),
        "{home}/val/bear/a.gif is no .jpg, .png or .webp: it is left out; convert or remove it",
    ),
    "a fifo": (
        lambda home: os.mkfifo(home / "train/bear/pipe.jpg"),
        "{home}/train/bear/pipe.jpg is no file: it is left out; remove it",
    ),
    "a device": (
        lambda home: (home / "train/bear/zero.jpg").symlink_to("/dev/zero"),
        "{home}/train/bear/zero.jpg is no file: it is left out; remove it",
    ),
    "a dead link": (
        lambda home: (home / "train/bear/dead.jpg").symlink_to("nowhere"),
        "{home}/train/bear/dead.jpg is no file: it is left out; remove it",
    ),
}


@pytest.mark.parametrize(("make", "note"), NOTES.values(), ids=NOTES)
def test_what_is_left_out_is_said(home: Path, make, note: str) -> None:
    make(home)
    dataset = load(home)
    assert dataset.notes == (note.format(home=home),)
    assert (len(dataset.train), len(dataset.test)) == (12, 6)


def test_an_empty_class_keeps_its_number(home: Path) -> None:
    (home / "train/aunt").mkdir()
    dataset = load(home)
    assert dataset.names == ("apple", "aunt", "bear", "clock")
    assert dataset.test.labels.tolist() == [0, 0, 2, 2, 3, 3]


def rename(home: Path, old: str, new: str) -> None:
    (home / old).rename(home / new)


WRONG = {
    "no folder": (lambda home: rename(home, ".", "../other"), "there is no folder {home}: expected DIR/train/CLASS"),
    "no val": (lambda home: rename(home, "val", "valid"), "there is no {home}/val; rename {home}/valid: expected DIR"),
    "no train": (lambda home: rename(home, "train", "a"), "there is no {home}/train: expected DIR/train/CLASS/*.jpg"),
    "flat": (
        lambda home: (
            [path.rename(home / "val" / path.name) for path in (home / "val").glob("*/1.jpg")]
            and [__import__("shutil").rmtree(home / "val" / name) for name in CLASSES]
        ),
        "{home}/val holds no folders, one for each class: expected DIR/train",
    ),
    "another class": (
        lambda home: rename(home, "val/apple", "val/apfel"),
        "{home}: apfel is no class of the training images: rename it, or add {home}/train/apfel",
    ),
    "nothing": (
        lambda home: [path.unlink() for path in (home / "val").glob("*/*")],
        "{home}/val holds no images: put them in as DIR/train/CLASS/*.jpg",
    ),
}


@pytest.mark.parametrize(("damage", "message"), WRONG.values(), ids=WRONG)
def test_a_folder_of_another_layout_is_one_line(home: Path, damage, message: str) -> None:
    damage(home)
    with pytest.raises(DataError) as caught:
        load(home)
    assert message.format(home=home) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_ten_thousand_classes(tmp_path: Path) -> None:
    content = encoded(picture(1, 8, 8))
    for split in ("train", "val"):
        for number in range(10_000):
            folder = tmp_path / split / f"class{number:05}"
            folder.mkdir(parents=True)
            (folder / "a.jpg").write_bytes(content)
    dataset = load(tmp_path)
    assert (dataset.classes, len(dataset.train), dataset.notes) == (10_000, 10_000, ())
    assert dataset.test.labels.tolist() == list(range(10_000))


# ── ImageNet


def test_imagenet_s_classes_have_their_own_numbers(tmp_path: Path) -> None:
    dataset = load(image_folder(tmp_path, classes=("n01440764", "n02099601", "n15075141")), name="imagenet")
    assert dataset.classes == 1000
    assert dataset.train.labels.tolist() == [0, 207, 999] * 4  # tench, golden retriever, toilet tissue
    assert list(dataset.names) == sorted(set(dataset.names))


def test_a_folder_that_is_no_class_of_imagenet_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="apple is none of ImageNet's 1000 classes: pass --data folder"):
        load(image_folder(tmp_path), name="imagenet")


def test_imagenet_is_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"image-net\.org, which asks who you are: leave --download out"):
        load(tmp_path, name="imagenet", download=True)


# ── Shards


@pytest.mark.parametrize("by_number", [True, False], ids=["numbers", "folders"])
def test_shards_have_the_images_of_the_folder(home: Path, tmp_path: Path, by_number: bool) -> None:
    packed = load(shards(home, tmp_path / "shards", by_number))
    assert packed.names == (("0", "1", "2") if by_number else CLASSES)
    plain, recipe = load(home), Recipe(batch=4, augment=(TODAY,))
    assert list(epoch(packed, recipe)) == list(epoch(plain, recipe))
    tests = [[batch.pixels for batch in whole_batches(each.test, 4)] for each in (packed, plain)]
    assert all(np.array_equal(one, other) for one, other in zip(*tests, strict=True))


def test_shards_may_stand_next_to_each_other(home: Path, tmp_path: Path) -> None:
    apart = shards(home, tmp_path / "shards", True)
    for path in apart.glob("*/*.tar"):
        path.rename(apart / f"imagenet1k-{path.name}")
    for split in ("train", "val"):
        (apart / split).rmdir()
    assert (len(load(apart).train), len(load(apart, name="imagenet").test)) == (12, 6)


def test_a_shard_that_is_cut_short_gives_what_it_has(home: Path, tmp_path: Path) -> None:
    folder = shards(home, tmp_path / "shards", False)
    path = folder / "train/train-000.tar"
    os.truncate(path, 1024 + 512 + 700)
    dataset = load(folder)
    assert len(dataset.notes) == 1
    assert f"{path} is cut short after" in dataset.notes[0]
    assert set(dataset.train.labels.tolist()) >= {1, 2}


@pytest.mark.parametrize("content", [b"text", b"\x1f\x8b" + bytes(2000), b""], ids=["text", "gzip", "empty"])
def test_what_is_no_tar_file_is_one_line(home: Path, tmp_path: Path, content: bytes) -> None:
    folder = shards(home, tmp_path / "shards", False)
    (folder / "train/train-001.tar").write_bytes(content)
    with pytest.raises(DataError, match=r"train-001.tar cannot be read as a tar file \(.*\): unpack it"):
        load(folder)


# ── Decoding


@pytest.mark.parametrize("quick", [True, False], ids=["simplejpeg", "pillow"])
@pytest.mark.parametrize(("name", "content", "expected"), SOUND.values(), ids=SOUND)
def test_each_kind_of_image_is_read_as_pillow_reads_it(
    name: str, content: bytes, expected, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not quick:
        monkeypatch.setattr(decode, "decode_jpeg", None)
    found = decoded(content, 3)
    assert found.dtype == np.uint8
    assert np.array_equal(found, np.asarray(expected()))
    gray = decoded(content, 1)
    assert gray.shape == (*found.shape[:2], 1)


@pytest.mark.parametrize("quick", [True, False], ids=["simplejpeg", "pillow"])
@pytest.mark.parametrize(("name", "content", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_damage_has_a_name(
    name: str, content: bytes, reason: str, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not quick:
        monkeypatch.setattr(decode, "decode_jpeg", None)
    with pytest.raises(DamagedImageError) as caught:
        decoded(content, 3)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_image_of_too_many_pixels_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MOST_PIXELS", 1999)
    for kind in ("JPEG", "PNG"):
        with pytest.raises(DamagedImageError, match="is 50x40, more than 1,999 pixels"):
            decoded(encoded(picture(1), kind), 3)


# ── Views


@pytest.mark.parametrize("box", [(0, 0, 50, 40), (3, 5, 33, 40), (0, 0, 1, 1), (10, 10, 34, 34)])
def test_a_part_of_whole_pixels_is_pillow_s_to_the_byte(box: tuple[int, int, int, int]) -> None:
    image = picture(3)
    expected = np.asarray(image.crop(box).resize((24, 24), Image.Resampling.BILINEAR))
    assert np.array_equal(viewed(np.asarray(image), View(*box, 24, 24)), expected)


def scaled(image: Image.Image, shorter: int) -> Image.Image:
    """As torchvision's Resize has it."""
    least = min(image.size)
    width, height = (shorter if side == least else side * shorter // least for side in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR)


def test_evaluation_is_pillow_s_to_the_byte() -> None:
    draws = np.random.default_rng(0)
    for number in range(30):
        image = picture(number, *draws.integers(50, 500, 2))
        whole = scaled(image, 110)
        down, right = whole.height - 96, whole.width - 96
        places = [(0, 0), (0, right), (down, 0), (down, right), (round(down / 2), round(right / 2))]
        crops = [np.asarray(whole.crop((x, y, x + 96, y + 96))) for y, x in places]
        assert np.array_equal(Centred(96, 96, 110).seen(np.asarray(image)), crops[-1:])
        ten = Centred(96, 96, 110, 10).seen(np.asarray(image))
        assert np.array_equal(ten, [*crops, *(crop[:, ::-1] for crop in crops)])


def test_the_paper_s_crop_is_nearly_one_of_the_scaled_image() -> None:
    """By two levels at most, in few of its values."""
    differing, total, draws = 0, 0, np.random.default_rng(0)
    frame = Frame(ScaleCrop(96, (110, 110)), 0, 0)
    for number in range(60):
        image = picture(number, *draws.integers(100, 500, 2))
        view, whole = drawn_view(frame, number, image.height, image.width), scaled(image, 110)
        left, top = round(view.left * whole.width / image.width), round(view.top * whole.height / image.height)
        expected = np.asarray(whole.crop((left, top, left + 96, top + 96))).astype(int)
        distance = np.abs(viewed(np.asarray(image), view) - expected)
        assert distance.max() <= 2
        differing, total = differing + np.count_nonzero(distance), total + distance.size
    assert differing / total < 0.03


def test_ten_crops_are_five_and_their_mirrors(home: Path) -> None:
    (batch,) = whole_batches(load(home, crops=10).test, 6)
    assert batch.pixels.shape == (6, 10, 24, 24, 3)
    assert np.array_equal(batch.pixels[:, 5:], batch.pixels[:, :5, :, ::-1])
    (single,) = whole_batches(load(home).test, 6)
    assert np.array_equal(batch.pixels[:, 4], single.pixels)


def test_the_shorter_side_can_be_chosen(home: Path) -> None:
    (small,) = whole_batches(load(home, shorter=24).test, 6)
    whole = scaled(Image.fromarray(pixels(home / "val/apple/0.jpg")), 24)
    left, top = round((whole.width - 24) / 2), round((whole.height - 24) / 2)
    assert np.array_equal(small.pixels[0], np.asarray(whole.crop((left, top, left + 24, top + 24))))
    with pytest.raises(DataError, match="a shorter side of 23 leaves no crop of 24x24: pass 24 or more"):
        load(home, shorter=23)


@pytest.mark.parametrize("framing", [PAPER, TODAY], ids=lambda framing: framing.kind)
def test_views_are_drawn_for_their_position_alone(framing: ScaleCrop | RandomResizedCrop) -> None:
    views = [drawn_view(Frame(framing, 3, 1), position, 40, 50) for position in range(400)]
    assert len(set(views)) > 300
    assert views[7] == drawn_view(Frame(framing, 3, 1), 7, 40, 50)
    assert views[7] not in {drawn_view(Frame(framing, 4, 1), 7, 40, 50), drawn_view(Frame(framing, 3, 2), 7, 40, 50)}
    for view in views:
        assert 0 <= view.left < view.right <= 50
        assert 0 <= view.top < view.bottom <= 40


def test_the_paper_s_crops_have_every_scale_and_today_s_every_share_and_shape() -> None:
    paper = [drawn_view(Frame(PAPER, 0, 0), position, 40, 60) for position in range(2000)]
    sides = {round(40 * 24 / (view.bottom - view.top)) for view in paper}
    assert sides == set(range(26, 41))
    today = [drawn_view(Frame(TODAY, 0, 0), position, 400, 400) for position in range(2000)]
    shares = [(view.right - view.left) * (view.bottom - view.top) / 160_000 for view in today]
    ratios = [(view.right - view.left) / (view.bottom - view.top) for view in today]
    assert 0.079 < min(shares) < 0.1
    assert 0.9 < max(shares) <= 1
    assert 0.74 < min(ratios) < 0.77
    assert 1.3 < max(ratios) < 1.35
    assert abs(np.mean(np.log(ratios))) < 0.02


@pytest.mark.parametrize("size", [(1, 1), (1, 300_000), (300, 1), (23, 24), (24, 24)])
@pytest.mark.parametrize("framing", [PAPER, TODAY], ids=lambda framing: framing.kind)
def test_images_of_every_size_can_be_seen(framing: ScaleCrop | RandomResizedCrop, size: tuple[int, int]) -> None:
    image = np.asarray(picture(4, *size))
    for position in range(50):
        assert viewed(image, drawn_view(Frame(framing, 0, 0), position, *size)).shape == (24, 24, 3)
    assert Centred(24, 24, 28, 10).seen(image).shape == (10, 24, 24, 3)


def test_images_in_memory_are_framed_alike() -> None:
    images = np.stack([np.asarray(picture(number)) for number in range(6)])
    frame = Frame(TODAY, 5, 2)
    expected = [viewed(images[at], drawn_view(frame, at, 40, 50)) for at in (2, 3)]
    assert np.array_equal(framed(images[2:4], frame, range(2, 4)), expected)
    recipe = Recipe(batch=2, augment=(TODAY,), seed=5)
    held = Images(images, np.arange(6))
    order = epoch_of(recipe, 6, 2).order
    second = list(training_batches(held, 2, epoch_of(recipe, 6, 2)))[1]
    assert np.array_equal(second.pixels, framed(images[order[2:4]], frame, range(2, 4)))


# ── Colours


def test_colours_shift_along_the_components_and_stay_in_range() -> None:
    gray = np.full((3000, 1, 1, 3), 128, np.uint8)
    shifts = changed(gray, drawn(Color(0.1), 3000, 0, 0), slice(0, 3000)).reshape(3000, 3).astype(float) - 128
    values, vectors = np.linalg.eigh(np.cov(shifts.T))
    assert np.sqrt(values[2]) == pytest.approx(255 * 0.1 * 0.2175, rel=0.05)
    assert abs(vectors[:, 2] @ (0.5675, 0.5808, 0.5836)) > 0.999
    assert np.abs(shifts.mean(axis=0)).max() < 0.5
    black = changed(np.zeros((50, 2, 2, 3), np.uint8), drawn(Color(1.0), 50, 0, 0), slice(0, 50))
    assert black.dtype == np.uint8
    assert 0 < np.count_nonzero(black.max(axis=(1, 2, 3)) == 0) < 50


def test_gray_images_shift_as_a_whole() -> None:
    shifted = changed(np.full((9, 4, 4, 1), 128, np.uint8), drawn(Color(0.5), 9, 0, 0), slice(0, 9))
    assert shifted.shape == (9, 4, 4, 1)
    assert len(np.unique(shifted)) > 3


# ── Batches


@pytest.mark.parametrize("augment", AUGMENTS, ids=lambda kinds: "+".join(kind.kind for kind in kinds) or "none")
def test_the_number_of_workers_changes_nothing(home: Path, augment: tuple[Augmentation, ...]) -> None:
    recipe = Recipe(batch=5, augment=augment, seed=7)
    (home / "train/bear/2.jpg").write_bytes(DAMAGED["truncated"][1])
    runs = [list(epoch(load(home, workers=workers), recipe, number=1)) for workers in (0, 1, 3)]
    assert len(runs[0]) == 2
    assert runs[0] == runs[1] == runs[2]
    tests = [[b.pixels.tobytes() for b in whole_batches(load(home, workers=each).test, 4)] for each in (0, 1, 3)]
    assert tests[0] == tests[1] == tests[2]


@pytest.mark.parametrize("augment", AUGMENTS[2:], ids=["paper", "today"])
def test_an_epoch_can_begin_anywhere_and_differs_from_the_next(home: Path, augment: tuple[Augmentation, ...]) -> None:
    recipe, dataset = Recipe(batch=3, augment=augment), load(home)
    whole = list(epoch(dataset, recipe))
    assert len(whole) == 4
    assert list(epoch(dataset, recipe, start=2)) == whole[2:]
    assert list(epoch(dataset, recipe, number=1)) != whole


def test_images_are_mirrored_as_they_would_be_in_memory(home: Path) -> None:
    dataset = load(home)
    plain, both = Recipe(batch=4, augment=(TODAY,)), Recipe(batch=4, augment=(TODAY, Flip()))
    (mirror,) = epoch_of(both, 12, 0).choices
    for number, (one, other) in enumerate(zip(batches(dataset, plain), batches(dataset, both), strict=True)):
        assert np.array_equal(changed(one.pixels, mirror, slice(4 * number, 4 * number + 4)), other.pixels)


def test_without_a_crop_images_are_seen_as_in_evaluation(home: Path) -> None:
    dataset = load(home)
    trained = {image.tobytes() for batch in batches(dataset, Recipe(batch=3)) for image in batch.pixels}
    assert trained == {dataset.train.centred.seen(pixels(Path(place.path))).tobytes() for place in dataset.train.places}


def test_a_run_that_stops_in_the_middle_leaves_no_thread(home: Path) -> None:
    import threading

    epoch = batches(load(home, workers=3), Recipe(batch=2))
    assert len(list(islice(epoch, 2))) == 2
    epoch.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("resdsl-batches")]


def test_gray_networks_see_gray(home: Path) -> None:
    dataset = load(home, Shape(1, 24, 24))
    (batch,) = whole_batches(dataset.test, 6)
    assert batch.pixels.shape == (6, 24, 24, 1)
    assert dataset.scale.mean == pytest.approx((0.4589,), abs=1e-3)
    with pytest.raises(DataError, match=r"have 3 channels, or 1, not 4"):
        load(home, Shape(4, 24, 24))


def test_the_same_files_elsewhere_are_the_same_data(home: Path, tmp_path: Path) -> None:
    before = load(home).fingerprint()
    home.rename(tmp_path / "elsewhere")
    assert load(tmp_path / "elsewhere").fingerprint() == before
    (tmp_path / "elsewhere/val/apple/0.jpg").rename(tmp_path / "elsewhere/val/apple/9.jpg")
    assert load(tmp_path / "elsewhere").fingerprint() != before


# ── Damage


def test_a_damaged_image_is_named_once_and_the_next_takes_its_place(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name, content, _ in DAMAGED.values():
        (home / "train/apple" / name).write_bytes(content)
        (home / "val/bear" / name).write_bytes(content)
    dataset = load(home)
    assert (len(dataset.train), len(dataset.test)) == (12 + len(DAMAGED), 6 + len(DAMAGED))
    with caplog.at_level(logging.WARNING, "resdsl.data"):
        for number in (0, 1):
            sizes = [len(batch) for batch in batches(dataset, Recipe(batch=6), number)]
            assert sizes == [6, 6, 6]
    assert sorted(caplog.messages) == sorted(
        f"{home}/train/apple/{name} {reason}" for name, reason in named(caplog.messages, home).items()
    )
    assert len(caplog.messages) == len(DAMAGED)
    seen = np.concatenate([batch.labels for batch in whole_batches(dataset.test, 5)])
    assert seen.tolist() == [0, 0, 1, 1, 2, 2]
    assert len(dataset.train.damage.found) == 2 * len(DAMAGED)


def named(messages: list[str], home: Path) -> dict[str, str]:
    """What is said of each damaged file."""
    found = {}
    for name, _, reason in DAMAGED.values():
        (message,) = (each for each in messages if each.startswith(f"{home}/train/apple/{name} "))
        assert reason in message
        assert message.endswith(": it is left out; mend or remove it")
        found[name] = message.removeprefix(f"{home}/train/apple/{name} ")
    return found


def test_a_strict_run_ends_at_the_first_damaged_image(home: Path) -> None:
    (home / "train/apple/2.jpg").write_bytes(DAMAGED["text"][1])
    dataset = load(home, strict=True)
    with pytest.raises(DataError, match=r"apple/2.jpg is no JPEG.*: mend or remove it, or leave --strict out"):
        list(batches(dataset, Recipe(batch=4), 0))


def test_a_folder_without_a_sound_image_ends_with_one_line(home: Path) -> None:
    for path in home.glob("train/*/*"):
        path.write_bytes(b"none")
    with pytest.raises(DataError, match="none of the 12 images can be read: resdsl data DIR says why"):
        list(batches(load(home), Recipe(batch=4)))
    for path in home.glob("val/*/*"):
        path.write_bytes(b"none")
    with pytest.raises(DataError, match="none of the test images can be read: resdsl data DIR says why"):
        HostFeed(NumpySession(1, 1, Recipe(), load(home).scale), load(home), Recipe(batch=4), Share()).test(bool)


def test_only_the_first_damaged_images_are_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    home = image_folder(tmp_path, train=10)
    for path in home.glob("train/[ab]*/*"):
        path.write_bytes(b"none")
    with caplog.at_level(logging.WARNING, "resdsl.data"):
        list(batches(load(home), Recipe(batch=10)))
    assert len(caplog.messages) == 11
    assert caplog.messages[-1] == "more images are damaged: resdsl data DIR names all of them"


def test_a_file_that_becomes_a_fifo_does_not_hang(home: Path) -> None:
    dataset = load(home)
    path = home / "train/apple/0.jpg"
    path.unlink()
    os.mkfifo(path)
    assert len(list(batches(dataset, Recipe(batch=12), 0))) == 1
    assert list(dataset.train.damage.found.values()) == ["is no file"]


# ── Real photographs


@pytest.mark.skipif("RESDSL_TEST_IMAGENET" not in os.environ, reason="RESDSL_TEST_IMAGENET names no folder")
def test_real_photographs(monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path(os.environ["RESDSL_TEST_IMAGENET"])
    dataset = load(home, Shape(3, 224, 224), name="imagenet")
    assert (dataset.notes, len(dataset.test)) == ((), len(list(home.glob("val/*/*.JPEG"))))
    names = [dataset.names[label] for label in dataset.test.labels]
    assert names == [Path(place.path).parent.name for place in dataset.test.places]
    recipe = Recipe(batch=32, augment=(RandomResizedCrop(224), Flip(), Color()))
    quickly = list(epoch(dataset, recipe))
    monkeypatch.setattr(decode, "decode_jpeg", None)
    assert list(epoch(dataset, recipe)) == quickly
    for place in dataset.test.places:
        content = Path(place.path).read_bytes()
        assert np.array_equal(decoded(content, 3), np.asarray(Image.open(io.BytesIO(content)).convert("RGB")))
    assert dataset.train.damage.found == {}
