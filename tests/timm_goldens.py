"""What timm and torchvision compute, as `data/timm` keeps it, and the shipped networks of the same names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from torchvision_goldens import FILL

import resdsl
from resdsl.backend import Array
from resdsl.ir.layers import Weight
from resdsl.ir.network import Network
from resdsl.weights.canonical import parameters

FOLDER = Path(__file__).parent / "data" / "timm"


@dataclass(frozen=True)
class TimmGolden:
    """One network that is shipped, and what its source says about it."""

    name: str

    def __str__(self) -> str:
        return self.name

    @cached_property
    def facts(self) -> dict[str, Any]:
        return json.loads((FOLDER / f"{self.name}.json").read_text())

    @cached_property
    def network(self) -> Network:
        return resdsl.load(self.name.removeprefix("torchvision_"), input="x".join(map(str, self.facts["input"][1:])))

    @cached_property
    def shapes(self) -> dict[str, Weight]:
        """Our parameters by name."""
        return {weight.name: weight for weight in parameters(self.network)}

    @property
    def logits(self) -> Array:
        return np.load(FOLDER / f"{self.name}.npz")["eval_logits"]

    @property
    def stored(self) -> dict[str, Array]:
        """The weights under the source's own names, in its order."""
        return {name: array.astype(np.float32) for name, array in self.exact.items()}

    @property
    def exact(self) -> dict[str, Array]:
        """The same in float64, as the source computed with them."""
        norms = set(self.facts["norm_modules"])
        return {
            name: FILL["parameter"](name, tuple(shape), norm=name.rpartition(".")[0] in norms)
            for name, shape in self.facts["state_dict"]
            if not name.endswith("num_batches_tracked")
        }

    def images(self) -> Array:
        """A float64 batch (N, C, H, W)."""
        return FILL["images"](*self.facts["input"])

    @property
    def bar(self) -> float:
        """How far float32 may be off: four times what the source's own is, and at least 1e-5."""
        return max(1e-5, 4 * self.facts["float32_relative_error_of_the_source"])


GOLDENS = tuple(TimmGolden(path.stem) for path in sorted(FOLDER.glob("*.json")))
