from collections.abc import Callable, Iterator

import numpy as np
import pytest

from resdsl.backend import Array
from resdsl.ir.recipe import Augmentation, Flip, PadCrop, Recipe
from resdsl.training.augment import changed, drawn
from resdsl.training.batches import epoch_of, training_batches
from resdsl.training.batches import test_batches as whole_batches
from resdsl.training.data.dataset import Images

COUNT = 103
IMAGES = Images(np.random.default_rng(0).integers(0, 256, (COUNT, 6, 5, 3), np.uint8), np.arange(COUNT))
RECIPE = Recipe(batch=10, augment=(PadCrop(2), Flip()), seed=3)
ALL = slice(0, COUNT)


def batches(recipe: Recipe, number: int, start: int = 0) -> Iterator[Images]:
    return training_batches(IMAGES, recipe.batch, epoch_of(recipe, COUNT, number), start)


def change(augmentation: Augmentation, count: int, seed: int, epoch: int) -> Callable[[Array, slice], Array]:
    choice = drawn(augmentation, count, seed, epoch)
    return lambda pixels, rows: changed(pixels, choice, rows)


def labels(recipe: Recipe, epoch: int) -> list[int]:
    return [int(label) for batch in batches(recipe, epoch) for label in batch.labels]


def test_an_epoch_has_full_batches_of_different_images() -> None:
    sizes = [len(batch) for batch in batches(RECIPE, 0)]
    assert sizes == [10] * 10
    assert len(set(labels(RECIPE, 0))) == 100


def test_seed_and_epoch_decide_the_order() -> None:
    assert labels(RECIPE, 0) == labels(RECIPE, 0)
    assert labels(RECIPE, 0) != labels(RECIPE, 1)
    assert labels(RECIPE, 0) != labels(Recipe(batch=10, seed=4), 0)
    assert labels(RECIPE, 0) == labels(Recipe(batch=10, seed=3), 0)


@pytest.mark.parametrize("start", [1, 9, 10])
def test_an_epoch_can_begin_anywhere(start: int) -> None:
    whole = list(batches(RECIPE, 2))
    rest = list(batches(RECIPE, 2, start))
    assert len(rest) == 10 - start
    for one, other in zip(whole[start:], rest, strict=True):
        assert np.array_equal(one.pixels, other.pixels)
        assert np.array_equal(one.labels, other.labels)


def test_without_augmentation_images_stay_as_they_are() -> None:
    for batch in batches(Recipe(batch=10), 0):
        assert np.array_equal(batch.pixels, IMAGES.pixels[batch.labels])


def windows(image: Array, padding: int) -> list[bytes]:
    height, width, _ = image.shape
    padded = np.zeros((height + 2 * padding, width + 2 * padding, 3), np.uint8)
    padded[padding : padding + height, padding : padding + width] = image
    places = range(2 * padding + 1)
    return [padded[y : y + height, x : x + width].tobytes() for y in places for x in places]


def test_pad_crop_takes_every_window_of_the_padded_image() -> None:
    crop = change(PadCrop(2), COUNT, 0, 0)
    seen = set()
    for pixels, cropped in zip(IMAGES.pixels, crop(IMAGES.pixels, ALL), strict=True):
        seen.add(windows(pixels, 2).index(cropped.tobytes()))
    assert len(seen) > 20
    assert max(seen) == 24
    assert min(seen) == 0


def test_flip_mirrors_about_half_of_the_images() -> None:
    changed = change(Flip(), COUNT, 0, 0)(IMAGES.pixels, ALL)
    mirrored = [np.array_equal(image[:, ::-1], other) for image, other in zip(IMAGES.pixels, changed, strict=True)]
    same = [np.array_equal(image, other) for image, other in zip(IMAGES.pixels, changed, strict=True)]
    assert 35 < sum(mirrored) < 68
    assert sum(mirrored) + sum(same) == COUNT


@pytest.mark.parametrize("augmentation", [PadCrop(2), Flip()])
def test_what_happens_at_a_position_does_not_depend_on_the_batch(augmentation: Augmentation) -> None:
    changed = change(augmentation, COUNT, 5, 1)
    whole = changed(IMAGES.pixels, ALL)
    assert np.array_equal(whole[40:50], changed(IMAGES.pixels[40:50], slice(40, 50)))
    assert not np.array_equal(whole, change(augmentation, COUNT, 5, 2)(IMAGES.pixels, ALL))


def test_evaluation_sees_every_image_once_in_order() -> None:
    batches = list(whole_batches(IMAGES, 10))
    assert [len(batch) for batch in batches] == [10] * 10 + [3]
    assert np.concatenate([batch.labels for batch in batches]).tolist() == list(range(COUNT))
