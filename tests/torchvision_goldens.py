"""What torchvision computes, as `data/torchvision` keeps it: one source for the tests of every backend."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

import resdsl
from resdsl.backend import Array
from resdsl.ir.network import Network
from resdsl.weights.canonical import parameters

FOLDER = Path(__file__).parent / "data" / "torchvision"
FILL = runpy.run_path(str(FOLDER / "fill.py"))


@dataclass(frozen=True)
class Golden:
    """One network: its spec, and what torchvision says about it."""

    name: str
    spec: Path

    def __str__(self) -> str:
        return self.name

    @cached_property
    def facts(self) -> dict[str, Any]:
        return json.loads((FOLDER / f"{self.name}.json").read_text())

    @cached_property
    def network(self) -> Network:
        return resdsl.load(self.spec)

    @property
    def state_dict(self) -> list[tuple[str, tuple[int, ...]]]:
        return [(name, tuple(shape)) for name, shape in self.facts["state_dict"]]

    @property
    def eval_logits(self) -> Array:
        return np.load(FOLDER / f"{self.name}.npz")["eval_logits"]

    @cached_property
    def weights(self) -> dict[str, Array]:
        """The values that `fill.py` gives to every parameter and statistic, rounded to float32 as for the goldens."""
        every = list(parameters(self.network))
        norms = {p.name.rpartition(".")[0] for p in every if p.role == "scale"}
        return {
            p.name: FILL["parameter"](p.name, p.shape, norm=p.name.rpartition(".")[0] in norms).astype(np.float32)
            for p in every
        }

    def images(self) -> Array:
        """A float64 batch (N, C, H, W)."""
        return FILL["images"](*self.facts["input"])

    def labels(self) -> Array:
        return FILL["labels"](self.facts["input"][0], self.network.output.channels)

    @property
    def train_bars(self) -> dict[str, float]:
        """How far each quantity may be off: four times what torchvision's own float32 is, and never more than 2e-2."""
        strays = self.facts["float32_relative_error_of_torchvision"]
        return {name: min(4 * error, 2e-2) for name, error in strays.items() if name != "eval_logits"}


SHIPPED = FOLDER.parents[2] / "specs"
GOLDENS = (
    *(Golden(name, SHIPPED / f"{name}.res") for name in ("resnet18", "resnet34", "resnet50")),
    *(Golden(name, FOLDER / f"{name}.res") for name in ("resnext50_32x4d", "wide_resnet50_2")),
)


def relative_error(found: Array, expected: Array) -> float:
    """The norm of the difference over the norm of what was expected."""
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def worst(found: Sequence[float], expected: Sequence[float]) -> float:
    """The largest relative error of several numbers."""
    return max(abs(a - b) / abs(b) for a, b in zip(found, expected, strict=True))


@dataclass(frozen=True)
class Training:
    """Three SGD steps: losses, and the norms of gradients and running statistics after the first."""

    losses: list[float]
    gradient_norms: dict[str, float]
    running_norms: dict[str, float]

    @classmethod
    def of(cls, golden: Golden) -> Training:
        """What torchvision computes."""
        facts = golden.facts["train"]
        return cls(facts["losses"], facts["gradient_norms_step0"], facts["running_statistics_norms_after_step0"])

    def off(self, expected: Training) -> dict[str, float]:
        """The relative errors, of as many losses as there are, under the names that the goldens have for what is allowed."""
        norms = [
            (expected.gradient_norms, self.gradient_norms),
            (expected.running_norms, self.running_norms),
        ]
        gradients, running = (worst([found[n] for n in wanted], list(wanted.values())) for wanted, found in norms)
        return {
            "losses": worst(self.losses, expected.losses[: len(self.losses)]),
            "gradient_norms_step0": gradients,
            "running_statistics_norms_after_step0": running,
        }


def too_far(train: Callable[[list[int]], Training], golden: Golden) -> dict[str, float]:
    """What is off in float32 by more than the bars, and by more than four times what other orders of the images change.

    To a batch as a whole their order is rounding alone, and how much that does differs from processor to processor.
    """
    images = list(range(golden.facts["input"][0]))
    found = train(images)
    far = {
        name: error for name, error in found.off(Training.of(golden)).items() if not error <= golden.train_bars[name]
    }
    if not far:
        return far
    others = [train(order).off(found) for order in (images[::-1], images[1:] + images[:1], images[2:] + images[:2])]
    return {name: error for name, error in far.items() if not error <= 4 * max(other[name] for other in others)}
