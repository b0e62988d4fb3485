"""ResNet-20 on 2,000 CIFAR-10 images for 50 steps in both backends, from one seed: the curves on one picture.

    python benchmarks/parity.py CIFAR_FOLDER [PICTURE]

Beside them PyTorch against itself with another number of threads, which adds the same numbers in another order: so far
rounding alone drives two runs apart, once a rate of 0.1 has magnified it. A hundredth of the rate magnifies less.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt

import resdsl
from resdsl.backend import Compute, load_backend
from resdsl.training.batches import epoch_of, training_batches
from resdsl.training.data.reading import Reading
from resdsl.training.data.registry import open_dataset
from resdsl.training.schedule import Plateau, learning_rate
from resdsl.training.timetable import timetable
from resdsl.weights.initial import initial_weights

IMAGES, STEPS = 2000, 50
GENTLE = 0.01
THREADS = (2, 1)


def curve(backend_name: str, folder: Path, threads: int | None = None, slower: float = 1.0) -> list[float]:
    """The mean loss of each step."""
    network = resdsl.load("resnet20")
    recipe = network.recipe
    data = open_dataset(recipe.data, network, Reading(folder)).limited(IMAGES)
    backend = load_backend(backend_name)
    session = backend.session(
        backend.build(network, initial_weights(network)), recipe, data.scale, Compute("float32", threads=threads)
    )
    length = timetable(replace(recipe, epochs=None, steps=STEPS), len(data.train))
    scores, step, epoch = [], 0, 0
    while step < STEPS:
        for batch in training_batches(data.train, recipe.batch, epoch_of(recipe, len(data.train), epoch)):
            lr = slower * learning_rate(recipe, step, length, Plateau())
            scores.append(session.train_step(batch.pixels, batch.labels, lr, step).loss)
            step += 1
            if step == STEPS:
                break
        epoch += 1
    return [float(loss) / recipe.batch for loss in scores]


def gaps(one: list[float], other: list[float]) -> list[float]:
    """The gap of each step, none so small that a logarithmic scale cannot show it."""
    return [max(abs(a - b), 1e-8) for a, b in zip(one, other, strict=True)]


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    picture = Path(sys.argv[2] if len(sys.argv) > 2 else "docs/parity.png")
    torch, other_threads = (curve("torch", folder, threads) for threads in THREADS)
    flax = curve("flax", folder)
    gentle = gaps(curve("torch", folder, THREADS[0], GENTLE), curve("flax", folder, slower=GENTLE))
    steps = range(1, STEPS + 1)
    figure, (above, below) = plt.subplots(2, 1, figsize=(7, 6), sharex=True, height_ratios=(3, 2))
    above.plot(steps, torch, label="PyTorch")
    above.plot(steps, flax, "--", label="Flax")
    above.set(ylabel="training loss", title=f"ResNet-20, {IMAGES:,} images of CIFAR-10, float32, one seed")
    above.legend()
    below.semilogy(steps, gaps(torch, flax), color="black", label="PyTorch and Flax")
    below.semilogy(steps, gaps(torch, other_threads), ":", color="gray", label="PyTorch on two threads, on one")
    below.semilogy(steps, gentle, color="tab:green", label=f"PyTorch and Flax at {GENTLE} of the rate")
    below.set(xlabel="step", ylabel="gap in loss")
    below.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(picture, dpi=110)
    print(f"largest gap in loss: {max(gaps(torch, flax)):.1e} between the backends, ", end="")
    print(f"{max(gaps(torch, other_threads)):.1e} between two numbers of threads; ", end="")
    print(f"{max(gentle):.1e} between the backends at {GENTLE} of the rate; {picture}")


if __name__ == "__main__":
    main()
