import math
from dataclasses import replace

import pytest

from resdsl.ir.moment import Epochs, Share
from resdsl.ir.recipe import (
    SCHEDULE_KINDS,
    ConstantSchedule,
    CosineSchedule,
    PlateauSchedule,
    Recipe,
    Sgd,
    StepSchedule,
    Warmup,
)
from resdsl.training.schedule import Plateau, learning_rate
from resdsl.training.timetable import Timetable

STEP = Recipe(schedule=StepSchedule((32_000, 48_000)), warmup=Warmup(0.01, 400))
RISING = Recipe(schedule=CosineSchedule(), warmup=Warmup(0.0, Epochs(8), linear=True))
RATES = [
    (STEP, 0, 0.01),
    (STEP, 399, 0.01),
    (STEP, 400, 0.1),
    (STEP, 31_999, 0.1),
    (STEP, 32_000, 0.01),
    (STEP, 48_000, 0.001),
    (Recipe(optimizer=Sgd(lr=0.4), schedule=CosineSchedule()), 0, 0.4),
    (Recipe(optimizer=Sgd(lr=0.4), schedule=CosineSchedule()), 32_000, 0.2),
    (Recipe(optimizer=Sgd(lr=0.4), schedule=CosineSchedule()), 63_999, 0.4 * math.sin(math.pi / 2 / 64_000) ** 2),
    (Recipe(optimizer=Sgd(lr=0.3), schedule=ConstantSchedule()), 63_999, 0.3),
    (Recipe(optimizer=Sgd(lr=0.3), schedule=PlateauSchedule(factor=0.5)), 7, 0.075),
    (Recipe(schedule=StepSchedule((Share(50), Epochs(120)))), 31_999, 0.1),
    (Recipe(schedule=StepSchedule((Share(50), Epochs(120)))), 32_000, 0.01),
    (Recipe(schedule=StepSchedule((Share(50), Epochs(120)))), 48_000, 0.001),
    (RISING, 0, 0.1 / 3200),
    (RISING, 1599, 0.05),
    (RISING, 3199, 0.1),
    (RISING, 3200, 0.1),
    (RISING, 3200 + 30_400, 0.05),
    (replace(RISING, warmup=Warmup(0.02, Share(5), linear=True)), 1599, 0.06),
    (replace(RISING, warmup=Warmup(0.02, Epochs(8))), 3199, 0.02),
]


@pytest.mark.parametrize(("recipe", "step", "rate"), RATES)
def test_the_rate_of_a_step(recipe: Recipe, step: int, rate: float) -> None:
    assert learning_rate(recipe, step, Timetable(64_000, 400), Plateau(drops=2)) == pytest.approx(rate, rel=1e-6)


def test_every_schedule_is_among_them() -> None:
    assert {type(recipe.schedule) for recipe, _, _ in RATES} == set(SCHEDULE_KINDS.values())


def test_a_plateau_drops_the_rate_when_the_error_stays() -> None:
    plateau = Plateau()
    drops = []
    for error in (0.5, 0.4, 0.4, 0.41, 0.3, 0.3, 0.3, 0.3, 0.3):
        plateau = plateau.after(error, patience=2)
        drops.append(plateau.drops)
    assert drops == [0, 0, 0, 1, 1, 1, 2, 2, 3]
    assert plateau.best == 0.3
