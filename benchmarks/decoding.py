"""How fast image files become batches, next to torchvision's usual pipeline, on the same cores in one run.

    python benchmarks/decoding.py DIR [--workers 2] [--rounds 5] [--batch 64]

DIR is a folder of images, train/CLASS/*. torchvision's pipeline is that of its reference training: ImageFolder,
RandomResizedCrop(224), RandomHorizontalFlip, ToTensor, Normalize, in a DataLoader of as many workers, whose batches are
float32. Ours are uint8, cropped and mirrored alike; the device makes them float32. The pipelines take turns, and the
medians are compared. It also says how far our pixels are from Pillow's.

torchvision is needed for this alone: pip install --no-deps torchvision.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image

from resdsl.ir.data.data_set import Pictures
from resdsl.ir.data.folder import FOLDER
from resdsl.ir.recipe import Flip, RandomResizedCrop, Recipe, ScaleCrop
from resdsl.ir.shape import Shape
from resdsl.training.batches import epoch_of, training_batches
from resdsl.training.data import decode
from resdsl.training.data.dataset import Dataset
from resdsl.training.data.folders import load_folders
from resdsl.training.data.framing import drawn_view, viewed
from resdsl.training.data.reading import Reading

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class Setting:
    """What is measured."""

    folder: Path
    workers: int
    rounds: int
    batch: int
    repeats: int


def torchvision_pipeline(setting: Setting) -> Callable[[], float]:
    """Images per second of an epoch, its first batch not counted: by then the worker processes have started."""
    # Its wheel may be built for another torch than is installed: the compiled operators are not needed here.
    torch.library.register_fake = lambda *given, **named: lambda function: function
    from torchvision import datasets, transforms  # noqa: PLC0415

    steps = [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), transforms.ToTensor()]
    transform = transforms.Compose([*steps, transforms.Normalize(MEAN, STD)])
    images: Any = datasets.ImageFolder(str(setting.folder / "train"), transform)
    images.samples = images.samples * setting.repeats

    def rate() -> float:
        loader = torch.utils.data.DataLoader(
            images, setting.batch, shuffle=True, num_workers=setting.workers, drop_last=True
        )
        return measured(len(labels) for _, labels in loader)

    return rate


def our_pipeline(setting: Setting, data: Dataset, first: RandomResizedCrop | ScaleCrop) -> Callable[[], float]:
    """The same of ours."""
    recipe = Recipe(batch=setting.batch, augment=(first, Flip()))
    images = data.train[: len(data.train)]

    def rate() -> float:
        epochs = (epoch_of(recipe, len(images), number) for number in range(setting.repeats))
        batches = (batch for epoch in epochs for batch in training_batches(images, setting.batch, epoch))
        return measured(len(batch) for batch in batches)

    return rate


def processor_seconds() -> float:
    """What this process and the workers that have ended took; unlike the clock, it minds little what else goes on."""
    users = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(user.ru_utime + user.ru_stime for user in users)


def measured(batches: Any) -> float:
    """Images per second, after the first batch."""
    sizes = iter(batches)
    next(sizes)
    began = time.perf_counter()
    count = sum(sizes)
    return float(count / (time.perf_counter() - began))


def distance(data: Dataset, first: RandomResizedCrop | ScaleCrop) -> tuple[int, float]:
    """How far parts that are scaled alone are from the same parts by Pillow: the most levels, and the share of values."""
    frame = epoch_of(Recipe(augment=(first,)), len(data.test), 0).frame
    most, differing, total = 0, 0, 0
    for position, place in enumerate(data.test.places):  # type: ignore[union-attr]
        image = Image.open(place.path).convert("RGB")
        view = drawn_view(frame, position, image.height, image.width)  # type: ignore[arg-type]
        apart = np.abs(viewed(np.asarray(image), view).astype(int) - by_pillow(image, view))
        most, differing, total = (
            max(most, int(apart.max())),
            differing + int(np.count_nonzero(apart)),
            total + apart.size,
        )
    return most, differing / total


def by_pillow(image: Image.Image, view: Any) -> Any:
    """The part, cut out and scaled, or scaled with the whole image and then cut out."""
    left, top, right, bottom = view.left, view.top, view.right, view.bottom
    if all(float(side).is_integer() for side in (left, top, right, bottom)):
        part = image.crop((int(left), int(top), int(right), int(bottom)))
        return np.asarray(part.resize((view.width, view.height), Image.Resampling.BILINEAR)).astype(int)
    columns, rows = view.width / (right - left), view.height / (bottom - top)
    whole = image.resize((round(image.width * columns), round(image.height * rows)), Image.Resampling.BILINEAR)
    column, row = round(left * columns), round(top * rows)
    return np.asarray(whole.crop((column, row, column + view.width, row + view.height))).astype(int)


def main(setting: Setting) -> None:
    torch.set_num_threads(1)
    assert isinstance(FOLDER.layout, Pictures)
    reading = Reading(setting.folder, setting.workers)
    data = load_folders(FOLDER, FOLDER.layout, Shape(3, 224, 224), None, reading)
    today, paper = RandomResizedCrop(224), ScaleCrop(224)

    def with_pillow() -> float:
        with patch.object(decode, "decode_jpeg", None):
            return our_pipeline(setting, data, today)()

    pipelines = {
        "torchvision": torchvision_pipeline(setting),
        "ours": our_pipeline(setting, data, today),
        "ours, Pillow alone": with_pillow,
        "ours, scale_crop": our_pipeline(setting, data, paper),
    }
    rates: dict[str, list[float]] = {name: [] for name in pipelines}
    costs: dict[str, list[float]] = {name: [] for name in pipelines}
    images = len(data.train) * setting.repeats
    for _ in range(setting.rounds):
        for name, pipeline in pipelines.items():
            before = processor_seconds()
            rates[name].append(pipeline())
            costs[name].append(1000 * (processor_seconds() - before) / images)
    for name, found in rates.items():
        ratios = [one / other for one, other in zip(found, rates["torchvision"], strict=True)]
        print(
            f"{name:20} {statistics.median(found):6.0f} images/s, {statistics.median(ratios):4.2f} x torchvision; "
            f"{statistics.median(costs[name]):.2f} ms of a processor an image"
        )
    for first in (today, paper):
        most, share = distance(data, first)
        print(f"{first.kind}: at most {most} levels from Pillow's, in {share:.2%} of the values")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    for name, default in (("workers", 2), ("rounds", 5), ("batch", 64), ("repeats", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    main(Setting(**vars(parser.parse_args())))
