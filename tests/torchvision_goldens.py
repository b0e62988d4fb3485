"""What torchvision computes, as `data/torchvision` keeps it: one source for the tests of every backend."""

from __future__ import annotations

import json
import runpy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

import resdsl
from resdsl.backend import Array
from resdsl.ir.graph import Network
from resdsl.weights.names import parameters

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

    def weights(self) -> dict[str, Array]:
        """The float64 values that `fill.py` gives to every parameter and statistic."""
        norms = {p.name.rpartition(".")[0] for p in parameters(self.network) if p.role == "scale"}
        return {
            p.name: FILL["parameter"](p.name, p.shape, norm=p.name.rpartition(".")[0] in norms)
            for p in parameters(self.network)
        }

    def images(self) -> Array:
        """A float64 batch (N, C, H, W)."""
        return FILL["images"](*self.facts["input"])

    def labels(self) -> Array:
        return FILL["labels"](self.facts["input"][0], self.network.output.channels)

    def train_bar(self, quantity: str) -> float:
        """How far `quantity` may be off: four times what torchvision's own float32 is, and never more than 2e-2."""
        return min(4 * self.facts["float32_relative_error_of_torchvision"][quantity], 2e-2)


SHIPPED = FOLDER.parents[2] / "specs"
GOLDENS = (
    *(Golden(name, SHIPPED / f"{name}.res") for name in ("resnet18", "resnet34", "resnet50")),
    *(Golden(name, FOLDER / f"{name}.res") for name in ("resnext50_32x4d", "wide_resnet50_2")),
)


def relative_error(found: Array, expected: Array) -> float:
    """The norm of the difference over the norm of what was expected."""
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def worst(found: dict[str, float], expected: dict[str, float]) -> float:
    """The largest relative error of several numbers."""
    assert found.keys() == expected.keys()
    return max(abs(found[name] - expected[name]) / abs(expected[name]) for name in expected)
