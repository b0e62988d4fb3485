"""A recipe made shorter: its length, and all that counts steps or epochs in it, alike."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import assert_never

from resdsl.ir.moment import Epochs, Moment, Share
from resdsl.ir.recipe import ConstantSchedule, CosineSchedule, PlateauSchedule, Recipe, Schedule, StepSchedule
from resdsl.training.resolve import DEFAULT_EPOCHS


def scaled(recipe: Recipe, share: Fraction) -> Recipe:
    """`recipe` at a `share` of its length."""
    epochs = recipe.epochs or (None if recipe.steps else DEFAULT_EPOCHS)
    warmup = recipe.warmup and replace(recipe.warmup, steps=_moment(recipe.warmup.steps, share))
    return replace(
        recipe,
        steps=_count(recipe.steps, share) if recipe.steps else None,
        epochs=_count(epochs, share) if epochs else None,
        schedule=_schedule(recipe.schedule, share),
        warmup=warmup,
    )


def _schedule(schedule: Schedule, share: Fraction) -> Schedule:
    match schedule:
        case StepSchedule():
            return replace(schedule, at=tuple(_moment(moment, share) for moment in schedule.at))
        case PlateauSchedule():
            return replace(schedule, patience=_count(schedule.patience, share))
        case CosineSchedule() | ConstantSchedule():
            return schedule
        case _:
            assert_never(schedule)


def _moment(moment: Moment, share: Fraction) -> Moment:
    match moment:
        case int():
            return _count(moment, share)
        case Epochs():
            return Epochs(float(moment.epochs * share))
        case Share():
            return moment
        case _:
            assert_never(moment)


def _count(number: int, share: Fraction) -> int:
    return max(1, round(number * share))
