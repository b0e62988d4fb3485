"""ResNet-20 on 2,000 CIFAR-10 images for 50 steps in both backends, from one seed: both curves on one picture.

python benchmarks/parity.py CIFAR_FOLDER [PICTURE]
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt

import resdsl
from resdsl.backend import load_backend
from resdsl.train.batches import training_batches
from resdsl.train.data.registry import open_dataset
from resdsl.train.schedule import Plateau, learning_rate
from resdsl.weights.initial import initial_weights

IMAGES, STEPS = 2000, 50


def curve(backend_name: str, folder: Path) -> list[float]:
    """The mean loss of each step."""
    network = resdsl.load("resnet20")
    recipe = network.recipe
    data = open_dataset(recipe.data, network, folder).limited(IMAGES)
    backend = load_backend(backend_name)
    session = backend.session(backend.build(network, initial_weights(network)), recipe, data.scale, "float32")
    scores, step, epoch = [], 0, 0
    while step < STEPS:
        for batch in training_batches(data.train, recipe, epoch):
            lr = learning_rate(recipe, step, STEPS, Plateau())
            scores.append(session.train_step(batch.pixels, batch.labels, lr, step).loss)
            step += 1
            if step == STEPS:
                break
        epoch += 1
    return [float(loss) / recipe.batch for loss in scores]


def main() -> None:
    folder = Path(sys.argv[1])
    picture = Path(sys.argv[2] if len(sys.argv) > 2 else "docs/parity.png")
    curves = {name: curve(name, folder) for name in ("torch", "flax")}
    gaps = [abs(a - b) for a, b in zip(*curves.values(), strict=True)]
    figure, (above, below) = plt.subplots(2, 1, figsize=(7, 5), sharex=True, height_ratios=(2, 1))
    for (name, losses), style in zip(curves.items(), ("-", "--"), strict=True):
        above.plot(range(1, STEPS + 1), losses, style, label=name)
    above.set(ylabel="training loss", title=f"ResNet-20, {IMAGES:,} images of CIFAR-10, float32, one seed")
    above.legend()
    below.semilogy(range(1, STEPS + 1), [max(gap, 1e-8) for gap in gaps], color="black")
    below.set(xlabel="step", ylabel="gap in loss")
    figure.tight_layout()
    figure.savefig(picture, dpi=110)
    first = next((step for step, gap in enumerate(gaps, 1) if gap > 1e-3), None)
    print(f"largest gap in loss: {max(gaps):.2e}; over 1e-3 from step {first} on; {picture}")


if __name__ == "__main__":
    main()
