"""The learning rate at every step of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from resdsl.ir.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Plateau:
    """What a plateau schedule remembers: the lowest test error, evaluations since then, and how often the rate fell."""

    best: float = math.inf
    waited: int = 0
    drops: int = 0

    def after(self, error: float, patience: int) -> Plateau:
        """The state after one more evaluation."""
        if error < self.best:
            return replace(self, best=error, waited=0)
        if self.waited + 1 >= patience:
            return replace(self, waited=0, drops=self.drops + 1)
        return replace(self, waited=self.waited + 1)


def learning_rate(recipe: Recipe, step: int, total: int, plateau: Plateau) -> float:
    """The rate of step `step` (from 0) of `total`.

    A warm-up holds its own constant rate and delays nothing: the schedule goes on beneath it (He et al. 2016, 4.2).
    """
    if recipe.warmup and step < recipe.warmup.steps:
        return recipe.warmup.lr
    return recipe.optimizer.lr * recipe.schedule.share(step, total, plateau.drops)
