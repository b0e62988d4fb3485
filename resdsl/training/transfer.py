"""A recipe that was written for one data set, on another.

Its steps count batches of its own data. On other data it keeps its shape: as many epochs, unless the call says how
long, and the steps of schedule and warm-up in proportion to the whole.
"""

from __future__ import annotations

from dataclasses import replace

from resdsl.ir.recipe import DataChoice, Flip, Recipe, StepSchedule, Warmup
from resdsl.training.data.dataset import Dataset
from resdsl.training.data.registry import SOURCES
from resdsl.training.plan import plan

Length = tuple[int | None, int | None]


def transferred(recipe: Recipe, images: int, data: DataChoice, dataset: Dataset, length: Length | None) -> Recipe:
    """`recipe`, written for a data set of so many training `images`, on `data`.

    `length` is (steps, epochs), one of them None. Flips are left out where a mirrored image is not of its class.
    """
    own = plan(recipe, images).total
    steps, epochs = length or (None, max(1, round(own * recipe.batch / images)))
    moved = replace(recipe, data=data, steps=steps, epochs=epochs)
    ratio = plan(moved, len(dataset.train)).total / own
    if isinstance(moved.schedule, StepSchedule):
        at = {max(1, round(step * ratio)) for step in moved.schedule.at}
        moved = replace(moved, schedule=replace(moved.schedule, at=tuple(sorted(at))))
    if moved.warmup:
        moved = replace(moved, warmup=Warmup(moved.warmup.lr, max(1, round(moved.warmup.steps * ratio))))
    if not SOURCES[data.name].mirrors:
        moved = replace(moved, augment=tuple(kept for kept in moved.augment if kept != Flip()))
    return moved
