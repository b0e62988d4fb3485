"""How fast resdsl is, as ratios taken in one run against what a user would pick instead.

    python benchmarks/speed.py [--quick]

Everything that is compared is measured in turn, round by round, and the median ratio counts, so that a noisy machine
slows both sides alike.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from handwritten import ResNet20
from handwritten import steps as plain_steps
from torch import nn

import resdsl
from resdsl.backend import Normalization, load_backend
from resdsl.ir.recipe import Recipe
from resdsl.team import ALONE
from resdsl.training.batches import epoch_of, training_batches
from resdsl.training.data.dataset import Dataset, Images
from resdsl.training.feed import feed
from resdsl.training.loop import LOOK_EVERY, Job, steps
from resdsl.training.pace import Pace
from resdsl.training.progress import Progress
from resdsl.training.timetable import timetable
from resdsl.weights.initial import initial_weights

SPECS = Path(__file__).parent.parent / "specs"
BATCH = 128


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def report(what: str, value: str, bar: str, good: bool) -> None:
    print(f"{'ok  ' if good else 'MISS'} {what:<72} {value:>16}   {bar}", flush=True)


def processes(rounds: int) -> None:
    """Whole processes, as a user feels them."""
    for what, arguments, bar in (
        ("check specs/resnet34.res, process", ["check", SPECS / "resnet34.res"], 0.30),
        ("check specs/resnet152.res, process", ["check", SPECS / "resnet152.res"], 0.40),
        ("check specs/, process", ["check", SPECS], 1.50),
        ("compile specs/resnet1202.res (check and emit), process", ["compile", SPECS / "resnet1202.res"], 1.00),
    ):
        command = [sys.executable, "-m", "resdsl", *map(str, arguments)]
        times = [seconds(lambda c=command: subprocess.run(c, check=True, capture_output=True)) for _ in range(rounds)]
        median = statistics.median(times)
        report(what, f"{median:.3f} s", f"<= {bar:.2f} s", median <= bar)


def growth(rounds: int) -> None:
    """Time to check and emit against depth: four times the blocks, at most four times the time."""

    def check_and_emit(n: int) -> float:
        return seconds(lambda: resdsl.emit(resdsl.load(f"{SPECS}/cifar.res:cifar_resnet", n=n)))

    check_and_emit(3)
    ratio = statistics.median(check_and_emit(800) / check_and_emit(200) for _ in range(rounds))
    report("check and emit, 4802 layers over 1202", f"{ratio:.2f} x", "<= 4 x", ratio <= 4)


def one_core(action: Callable[[], float]) -> float:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        return action()
    finally:
        os.sched_setaffinity(0, cores)


def batching(recipe: Recipe, images: Images) -> None:
    """Shuffling, cropping, flipping and batching alone."""

    def epoch() -> float:
        begun = time.perf_counter()
        count = sum(len(batch) for batch in training_batches(images, recipe.batch, epoch_of(recipe, len(images), 0)))
        return count / (time.perf_counter() - begun)

    rate = one_core(lambda: statistics.median(epoch() for _ in range(3)))
    report("augmentation and batching alone, one core", f"{rate:,.0f} images/s", ">= 60,000", rate >= 60_000)


def training(recipe: Recipe, data: Dataset, rounds: int, count: int) -> None:
    """The runner against a bare loop on the same tensors, and against plain float32 NCHW PyTorch."""
    network = resdsl.load("resnet20")
    backend = load_backend("torch")

    def module() -> nn.Module:
        return backend.build(network, initial_weights(network))

    session = backend.session(module(), recipe, data.scale)
    job = Job(
        "torch", session, replace(data, train=data.train[: count * BATCH]), recipe, timetable(recipe, count * BATCH)
    )
    first = data.train[:BATCH]
    assert isinstance(first, Images)
    pixels, labels = torch.from_numpy(first.pixels), torch.from_numpy(first.labels)
    images = (pixels.permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.25
    bare = module().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    plain = ResNet20()

    def runner() -> None:
        for _ in steps(job, feed(session, job.dataset, recipe), Progress(), Pace(ALONE, LOOK_EVERY, bool)):
            pass

    contestants: dict[str, Callable[[], None]] = {
        "runner": runner,
        "bare": lambda: bare_steps(
            bare, images.to(memory_format=torch.channels_last), labels, count, session.precision
        ),
        "plain": lambda: plain_steps(plain, images.contiguous(), labels, count),
    }
    for action in contestants.values():
        action()
    times = [{name: seconds(action) for name, action in contestants.items()} for _ in range(rounds)]
    rates = {name: BATCH * count / statistics.median(row[name] for row in times) for name in contestants}
    print(
        f"     ResNet-20, batch {BATCH}, {session.precision}: "
        + ", ".join(f"{n} {r:,.0f} images/s" for n, r in rates.items())
    )
    for other, bar in (("bare", 0.95), ("plain", 1.70)):
        ratio = statistics.median(row[other] / row["runner"] for row in times)
        what = "a bare loop on the same tensors" if other == "bare" else "plain float32 NCHW eager PyTorch"
        report(f"runner over {what}", f"{ratio:.2f} x", f">= {bar:.2f} x", ratio >= bar)


def bare_steps(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, count: int, precision: str) -> None:
    """The fastest loop that a user would write: channels-last, autocast where it helps."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    model.train()
    for _ in range(count):
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            logits = model(images)
        F.cross_entropy(logits.float(), labels).backward()
        optimizer.step()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    rounds = 3 if parser.parse_args().quick else 7
    random = np.random.default_rng(0)
    images = Images(random.integers(0, 256, (51_200, 32, 32, 3), np.uint8), random.integers(0, 10, 51_200))
    recipe = replace(resdsl.load("resnet20").recipe, steps=1000)
    data = Dataset("noise", images, images[:BATCH], 10, Normalization((0.5,) * 3, (0.25,) * 3))
    processes(rounds)
    growth(rounds)
    batching(recipe, images)
    training(recipe, data, rounds, count=10 if rounds == 3 else 20)


if __name__ == "__main__":
    main()
