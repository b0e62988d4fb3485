"""From the recipe of a spec, and what a call asks for in its place, to the recipe that is followed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Annotated

from annotated_types import Ge, Gt

from resdsl.ir.moment import Moment
from resdsl.ir.network import Network
from resdsl.ir.parts import modules_of, part_names
from resdsl.ir.recipe import DataChoice, Flip, Recipe, StepSchedule
from resdsl.suggest import remedy
from resdsl.training.data.dataset import Dataset
from resdsl.training.data.fit import fitted
from resdsl.training.data.registry import SOURCES
from resdsl.training.errors import RecipeError
from resdsl.training.timetable import timetable

Length = tuple[int | None, int | None]
Positive = Annotated[int, Gt(0)]  # What a run's folder says is held to the same bounds as what a call says.
DEFAULT_EPOCHS = 164  # 64k steps of 128 images on CIFAR-10 (He et al. 2016, 4.2).


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a call asks for in place of the recipe's own.

    `limit` keeps only the first training images, `limit_test` so many of the test images. `freeze` names the stem and
    stages that stay as they are.
    """

    data: str | None = None
    steps: Positive | None = None
    epochs: Positive | None = None
    batch: Positive | None = None
    lr: Annotated[float, Gt(0)] | None = None
    seed: Annotated[int, Ge(0)] | None = None
    limit: Positive | None = None
    limit_test: Positive | None = None
    freeze: tuple[str, ...] | None = None


def merged(before: Overrides, now: Overrides) -> Overrides:
    """What was asked for before, with what is asked for now in its place; steps and epochs replace each other."""
    given = {name: value for name, value in asdict(now).items() if value is not None}
    if now.steps or now.epochs:
        before = replace(before, steps=None, epochs=None)
    return replace(before, **given)


def chosen_data(recipe: Recipe, overrides: Overrides) -> DataChoice | None:
    """The data set to train on, with the options that the recipe gives for it."""
    if overrides.data is None or (recipe.data and recipe.data.name == overrides.data):
        return recipe.data
    return DataChoice(overrides.data)


def resolve(recipe: Recipe, overrides: Overrides, dataset: Dataset) -> Recipe:
    """The recipe that is followed on `dataset` (RecipeError): the call's values in place of the spec's.

    On another data set than the spec's own the recipe keeps its shape.
    """
    if overrides.steps and overrides.epochs:
        raise RecipeError("the length is given in steps and in epochs: pass one of --steps and --epochs")
    own = recipe if recipe.steps or recipe.epochs else replace(recipe, epochs=DEFAULT_EPOCHS)
    own = replace(
        own,
        batch=own.batch if overrides.batch is None else overrides.batch,
        seed=own.seed if overrides.seed is None else overrides.seed,
        optimizer=own.optimizer if overrides.lr is None else replace(own.optimizer, lr=overrides.lr),
    )
    length = (overrides.steps, overrides.epochs) if overrides.steps or overrides.epochs else None
    data = chosen_data(recipe, overrides)
    moves = own.data is not None and data is not None and data.name != own.data.name
    own = replace(own, augment=fitted(own.augment, dataset, moves))
    images = SOURCES[own.data.name].train_images if own.data and own.data.name in SOURCES else None
    if moves and data and images:
        return _transferred(own, images, data, dataset, length)
    steps, epochs = length or (own.steps, own.epochs)
    return replace(own, data=data, steps=steps, epochs=epochs)


def frozen(network: Network, parts: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The modules of the `parts` of `network` that are to stay as they are, None for none (RecipeError)."""
    known = part_names(network)
    for part in parts or ():
        if part not in known:
            raise RecipeError(f"--freeze {part}: {network.name} has no such stage: {remedy(part, known, 'stage')}")
    return tuple(name for part in known if part in (parts or ()) for name in modules_of(network, part)) or None


def _transferred(recipe: Recipe, images: int, data: DataChoice, dataset: Dataset, length: Length | None) -> Recipe:
    """`recipe`, written for a data set of so many training `images`, on `data`.

    Its steps count batches of its own data. On other data it keeps its shape: as many epochs, unless the call says how
    long, and the steps of schedule and warm-up in proportion to the whole. `length` is (steps, epochs), one of them
    None. Flips are left out where a mirrored image is not of its class.
    """
    own = timetable(recipe, images).total
    steps, epochs = length or (None, max(1, round(own * recipe.batch / images)))
    moved = replace(recipe, data=data, steps=steps, epochs=epochs)
    ratio = timetable(moved, len(dataset.train)).total / own
    if isinstance(moved.schedule, StepSchedule):
        at = tuple(_scaled(moment, ratio) for moment in moved.schedule.at)
        moved = replace(moved, schedule=replace(moved.schedule, at=at))
    if moved.warmup:
        moved = replace(moved, warmup=replace(moved.warmup, steps=_scaled(moved.warmup.steps, ratio)))
    if not SOURCES[data.name].mirrors:
        moved = replace(moved, augment=tuple(kept for kept in moved.augment if kept != Flip()))
    return moved


def _scaled(moment: Moment, ratio: float) -> Moment:
    """Steps in proportion; epochs and shares stand for themselves."""
    return max(1, round(moment * ratio)) if isinstance(moment, int) else moment
