"""The learning rate at every step of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from resdsl.ir.moment import Length, step_of
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


def learning_rate(recipe: Recipe, step: int, length: Length, plateau: Plateau) -> float:
    """The rate of step `step` (from 0) of a run of this `length`.

    A constant warm-up delays nothing: the schedule goes on beneath it (He et al. 2016, 4.2). A linear one reaches the
    optimizer's rate in its last step, and a cosine takes what is left of the run.
    """
    warmup, full = recipe.warmup, recipe.optimizer.lr
    warm = step_of(warmup.steps, length) if warmup else 0
    if warmup and step < warm:
        return warmup.lr + (full - warmup.lr) * (step + 1) / warm if warmup.linear else warmup.lr
    begin = warm if warmup and warmup.linear else 0
    return full * recipe.schedule.share(step, length, plateau.drops, begin)
