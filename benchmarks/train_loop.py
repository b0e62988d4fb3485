"""How much of a bare PyTorch loop's speed the runner keeps, and how fast batches are prepared.

All loops train a ResNet-20 of their own on the same images, 128 at a time, in turns; the bare ones find their batches
ready, and one is compiled. `python benchmarks/train_loop.py [--rounds 7] [--steps 10] [--precision bfloat16]`
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from torch.nn.functional import cross_entropy

import resdsl
from resdsl.backend import Compute, Normalization, Precision
from resdsl.ir.data.cifar10 import CIFAR10
from resdsl.ir.recipe import Flip, PadCrop, Recipe
from resdsl.training.batches import epoch_of, training_batches
from resdsl.training.data.dataset import Dataset, Images
from resdsl.training.display import PlainDisplay
from resdsl.training.folder import RunFolder
from resdsl.training.loop import Job, run
from resdsl.training.progress import Progress
from resdsl.training.timetable import timetable
from resdsl_torch.step import TorchSession

SCALE = Normalization(CIFAR10.mean, CIFAR10.std)
BATCH = 128
NETWORK = resdsl.load("resnet20")
AUGMENT = (PadCrop(4), Flip())


def images(count: int) -> Images:
    """Noise in the shape of CIFAR-10."""
    generator = np.random.default_rng(0)
    return Images(generator.integers(0, 256, (count, 32, 32, 3), np.uint8), generator.integers(0, 10, count))


def bare(steps: int, precision: str, compiled: bool = False) -> Callable[[], float]:
    """The loop that anyone would write; gives images per second."""
    model = resdsl.build(NETWORK).to(memory_format=torch.channels_last).train()
    forward = torch.compile(model) if compiled else model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (SCALE.mean, SCALE.std))
    batch = images(BATCH)

    def once() -> float:
        began = time.perf_counter()
        for _ in range(steps):
            pixels = torch.from_numpy(batch.pixels).permute(0, 3, 1, 2).float().div(255).sub(mean).div(std)
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                loss = cross_entropy(forward(pixels), torch.from_numpy(batch.labels))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return steps * BATCH / (time.perf_counter() - began)

    return once


def runner(steps: int, precision: Precision, compiled: bool = False) -> Callable[[], float]:
    """The runner's loop with all that it does: augmentation, scores, display; gives images per second."""
    recipe = Recipe(augment=AUGMENT, epochs=1, batch=BATCH)
    session = TorchSession(resdsl.build(NETWORK), recipe, SCALE, Compute(precision, compile=compiled))
    dataset = Dataset("noise", images(steps * BATCH), images(BATCH), 10, SCALE)
    job = Job("torch", session, dataset, recipe, timetable(recipe, len(dataset.train)))

    def once() -> float:
        with tempfile.TemporaryDirectory() as folder, Path(folder, "log").open("w") as log:
            path = Path(folder, "run")
            run(job, RunFolder.create(path, "", "", {}), PlainDisplay(Console(file=log)), Progress())
            return float(json.loads((path / "metrics.jsonl").read_text())["images_per_second"])

    return once


def prepared() -> float:
    """Augmented images per second, without any training."""
    data, recipe = images(400 * BATCH), Recipe(augment=AUGMENT, batch=BATCH)
    began = time.perf_counter()
    count = sum(len(batch) for batch in training_batches(data, BATCH, epoch_of(recipe, len(data), 0)))
    return count / (time.perf_counter() - began)


def main() -> None:
    """Prints the two speeds, their ratio, and the speed of the batches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--precision", default="bfloat16", choices=["float32", "bfloat16"])
    options = parser.parse_args()
    steps, precision = options.steps, options.precision
    contenders = {
        "bare loop": bare(steps, precision),
        "bare loop, torch.compile": bare(steps, precision, compiled=True),
        "runner": runner(steps, precision),
        "runner, --compile": runner(steps, precision, compiled=True),
    }
    rounds = [{name: once() for name, once in contenders.items()} for _ in range(options.rounds + 1)]
    del rounds[0]  # It warms up.
    names = list(contenders)
    for bare_name, name in zip(names[:2], names[2:], strict=True):
        ratios = sorted(speeds[name] / speeds[bare_name] for speeds in rounds)
        theirs, ours = (statistics.median(speeds[each] for speeds in rounds) for each in (bare_name, name))
        print(
            f"{bare_name} {theirs:.0f} images/s, {name} {ours:.0f} images/s: {statistics.median(ratios):.2f} x", end=""
        )
        print(f" ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    print(f"batches with pad_crop(4), flip: {statistics.median(prepared() for _ in range(3)):.0f} images/s")


if __name__ == "__main__":
    main()
