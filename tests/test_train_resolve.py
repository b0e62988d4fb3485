from dataclasses import replace
from pathlib import Path

import pytest
from data_sets import load_digits

import resdsl
from resdsl.checking.checker import check_file
from resdsl.ir.moment import Epochs, Share
from resdsl.ir.recipe import (
    AUGMENTATION_KINDS,
    OPTIMIZER_KINDS,
    SCHEDULE_KINDS,
    AdamW,
    Color,
    ConstantSchedule,
    CosineSchedule,
    DataChoice,
    Flip,
    PadCrop,
    PlateauSchedule,
    RandomResizedCrop,
    Recipe,
    ScaleCrop,
    Sgd,
    StepSchedule,
    Warmup,
)
from resdsl.ir.shape import Shape
from resdsl.language.words import TRAIN
from resdsl.training.errors import RecipeError
from resdsl.training.progress import Progress
from resdsl.training.recipe_text import recipe_text
from resdsl.training.remarks import remarks, rises_again
from resdsl.training.resolve import DEFAULT_EPOCHS, Overrides, merged, resolve
from resdsl.training.schedule import Plateau, learning_rate
from resdsl.training.timetable import Timetable, timetable

DIGITS = load_digits(Shape(3, 8, 8), None)
OWN = Recipe(data=DataChoice("digits"), augment=(PadCrop(), Flip()), steps=1000, schedule=StepSchedule((500, 750)))
CIFAR = Recipe(
    data=DataChoice("cifar10"),
    augment=(PadCrop(), Flip()),
    steps=64_000,
    schedule=StepSchedule((32_000, 48_000)),
    warmup=Warmup(0.01, 400),
)
OVERRIDES = [
    (Overrides(), OWN),
    (Overrides(data="digits"), OWN),
    (Overrides(steps=7), replace(OWN, steps=7)),
    (Overrides(epochs=7), replace(OWN, steps=None, epochs=7)),
    (Overrides(batch=32), replace(OWN, batch=32)),
    (Overrides(seed=0), replace(OWN, seed=0)),
    (Overrides(lr=0.5), replace(OWN, optimizer=Sgd(lr=0.5))),
]


@pytest.mark.parametrize(("overrides", "followed"), OVERRIDES)
def test_the_call_wins_and_all_else_stands(overrides: Overrides, followed: Recipe) -> None:
    assert resolve(OWN, overrides, DIGITS) == followed


def test_without_any_length_there_is_a_documented_one() -> None:
    assert resolve(replace(OWN, steps=None), Overrides(), DIGITS).epochs == DEFAULT_EPOCHS


def test_a_recipe_without_data_is_taken_as_it_stands() -> None:
    recipe = replace(OWN, data=None)
    assert resolve(recipe, Overrides(data="digits"), DIGITS) == OWN


def test_on_other_data_a_recipe_keeps_its_epochs_and_its_shape() -> None:
    followed = resolve(CIFAR, Overrides(data="digits"), DIGITS)
    assert (followed.epochs, followed.steps) == (164, None)
    total = timetable(followed, len(DIGITS.train)).total
    assert total == 164 * 11
    assert followed.schedule == StepSchedule((total // 2, total * 3 // 4))
    assert followed.warmup == Warmup(0.01, 11)
    assert followed.augment == (PadCrop(),)


def test_on_other_data_a_length_that_is_asked_for_keeps_the_shape_too() -> None:
    followed = resolve(CIFAR, Overrides(data="digits", steps=100), DIGITS)
    assert (followed.epochs, followed.steps) == (None, 100)
    assert followed.schedule == StepSchedule((50, 75))
    assert followed.warmup == Warmup(0.01, 1)


def test_two_lengths_are_one_too_many() -> None:
    with pytest.raises(RecipeError, match="one of --steps and --epochs"):
        resolve(OWN, Overrides(steps=1, epochs=1), DIGITS)


def test_crops_have_the_size_that_the_network_takes_and_a_reader_is_told() -> None:
    recipe = replace(OWN, augment=(ScaleCrop(224),))
    followed = resolve(recipe, Overrides(), DIGITS)
    assert followed.augment == (ScaleCrop(8, (9, 17)),)
    told = "scale_crop takes 8 pixels a side, as the network does, in place of 224"
    assert list(remarks(recipe, followed, Timetable(1000, 11))) == [told]


def test_images_of_one_size_are_not_cropped_by_a_recipe_for_other_data() -> None:
    recipe = replace(CIFAR, data=DataChoice("imagenet"), augment=(RandomResizedCrop(224), Color()))
    followed = resolve(recipe, Overrides(data="digits"), DIGITS)
    assert followed.augment == (Color(),)
    told = "random_resized_crop is left out: the images are of one size already"
    assert told in remarks(recipe, followed, Timetable(1000, 11))


def test_a_recipe_for_a_folder_does_not_know_how_long_an_epoch_of_its_own_was() -> None:
    recipe = replace(OWN, data=DataChoice("folder"))
    assert resolve(recipe, Overrides(data="digits"), DIGITS) == OWN


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with pytest.raises(RecipeError, match="batch 128 is more than the 100 training images: pass --batch 100"):
        timetable(OWN, 100)


def test_what_was_asked_for_before_holds_on() -> None:
    before = Overrides(data="digits", epochs=3, lr=0.2)
    assert merged(before, Overrides()) == before
    assert merged(before, Overrides(steps=9)) == Overrides(data="digits", steps=9, lr=0.2)


def test_a_reader_is_told_what_may_surprise() -> None:
    followed = resolve(CIFAR, Overrides(data="digits"), DIGITS)
    assert any("flip is left out" in remark for remark in remarks(CIFAR, followed, Timetable(1804, 11)))
    assert list(remarks(OWN, OWN, Timetable(1000, 11))) == []
    assert list(remarks(OWN, OWN, Timetable(600, 11))) == ["the run ends at step 600, before the schedule's 750"]


def told(own: Recipe, overrides: Overrides, images: int = 50_000) -> str:
    """All that is said of a run on so many images."""
    followed = resolve(own, overrides, DIGITS)
    return "\n".join(remarks(own, followed, timetable(followed, images)))


def test_a_run_that_ends_in_its_warm_up_is_told_its_rate() -> None:
    words = "the warm-up takes 400 steps, the run 20: the rate stays 0.01, and never comes to 0.1"
    assert words in told(CIFAR, Overrides(steps=20))
    linear = replace(CIFAR, warmup=Warmup(0.0, Epochs(5.0), linear=True))
    words = "the warm-up takes 1950 steps, the run 390: the rate rises to 0.1 in its last step only"
    assert words in told(linear, Overrides(epochs=1))
    assert "warm-up" not in told(CIFAR, Overrides())


def test_steps_that_are_brought_to_other_data_are_told() -> None:
    words = "the spec counts steps on cifar10: its 400, 32000, 48000 stand in proportion on digits, at 11, 902, 1353"
    assert words in told(CIFAR, Overrides(data="digits"), len(DIGITS.train))
    shares = replace(CIFAR, schedule=StepSchedule((Share(50.0),)), warmup=None)
    assert "in proportion" not in told(shares, Overrides(data="digits"), len(DIGITS.train))


def test_another_batch_is_told_its_epochs_and_the_rate_in_proportion() -> None:
    found = told(CIFAR, Overrides(batch=1024))
    assert "64000 steps of 1024 images are 1333 epochs, where 128 made 164" in found
    assert "the rate of 0.1 was for a batch of 128; in proportion to 1024 it is 0.8 (--lr" in found
    assert "in proportion" not in told(CIFAR, Overrides(batch=1024, lr=0.8, epochs=164))
    assert "in proportion" not in told(replace(CIFAR, optimizer=AdamW()), Overrides(batch=1024))


def test_a_longer_run_is_told_that_its_rate_rises_again() -> None:
    short = Recipe(epochs=2, batch=32, schedule=CosineSchedule())
    long, at = replace(short, epochs=4), Progress(step=40)
    assert timetable(long, 640).total == 80
    (found,) = rises_again(short, long, 640, at)
    assert found.startswith("the rate rises from 0.000154 to 0.05: step 40 of 80 has that rate")
    assert list(rises_again(short, short, 640, replace(at, step=20))) == []
    assert (
        list(
            rises_again(
                replace(short, schedule=ConstantSchedule()), replace(long, schedule=ConstantSchedule()), 640, at
            )
        )
        == []
    )


@pytest.mark.parametrize(
    ("spec", "warm"), [("resnet110", 400), ("resnet1202", 400), ("preact164", 400), ("resnet56", None)]
)
def test_networks_that_do_not_start_at_a_rate_of_a_tenth_warm_up(spec: str, warm: int | None) -> None:
    warmup = resdsl.load(spec).recipe.warmup
    assert (warmup.steps if warmup else None) == warm
    assert warmup is None or warmup.lr == 0.01


def test_wide_networks_count_epochs_of_the_steps_that_there_are() -> None:
    recipe = resdsl.load("wrn28_10").recipe
    length = timetable(recipe, 50_000)
    assert (length.per_epoch, length.total) == (390, 200 * 390)
    rates = {
        step: learning_rate(recipe, step, length, Plateau()) for step in (60 * 390 - 1, 60 * 390, 120 * 390, 160 * 390)
    }
    assert list(rates.values()) == pytest.approx([0.1, 0.02, 0.004, 0.0008])


TEXTS = [
    OWN,
    CIFAR,
    Recipe(
        data=DataChoice("cifar10", {"mean": (0.5, 0.25, 0.125)}),
        epochs=3,
        optimizer=Sgd(0.05, 0.8, 5e-4, nesterov=True, decay_all=False),
        schedule=PlateauSchedule(0.5, 3),
        label_smoothing=0.1,
        seed=5,
    ),
    Recipe(augment=(ScaleCrop(224), Color(0.2)), epochs=1, schedule=CosineSchedule()),
    Recipe(augment=(RandomResizedCrop(224, 0.2),), epochs=1, schedule=ConstantSchedule(), batch=7),
    Recipe(epochs=9, optimizer=AdamW(3e-4, (0.8, 0.95), 1e-6, 0.05, decay_all=False), clip=1.0, ema=0.999),
    Recipe(epochs=9, schedule=StepSchedule((Share(50.0), Epochs(7.5))), warmup=Warmup(0.0, Epochs(5.0), linear=True)),
    Recipe(epochs=9, schedule=CosineSchedule(), warmup=Warmup(0.01, Share(2.5), linear=True), statistics="device"),
]


@pytest.mark.parametrize("recipe", TEXTS)
def test_the_printed_recipe_means_the_recipe(recipe: Recipe) -> None:
    head = "network a {\n input 3x32x32\n stem { conv 3x3, 16 }\n head { avgpool; linear 10 }\n"
    checked = check_file(Path("a.res"), "a.res", content=f"{head}{recipe_text(recipe)}\n}}\n")
    assert checked.networks["a"].recipe == recipe


def test_every_word_and_kind_of_a_recipe_is_printed() -> None:
    texts = [recipe_text(recipe).splitlines()[1:-1] for recipe in TEXTS]
    assert {line.split()[0] for lines in texts for line in lines} == set(TRAIN)
    kinds = {type(kind) for recipe in TEXTS for kind in (*recipe.augment, recipe.optimizer, recipe.schedule)}
    assert kinds == {*AUGMENTATION_KINDS.values(), *OPTIMIZER_KINDS.values(), *SCHEDULE_KINDS.values()}
