"""The batches of an epoch, in their order, augmented, and prepared while the device is at work.

Every training batch is full: an epoch has `images // batch` steps, and the few images left over change from epoch to
epoch. So a step always means `batch` images, and no backend has to compile for another size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from resdsl.ir.recipe import Recipe
from resdsl.training.augment import change
from resdsl.training.data.dataset import Images
from resdsl.training.randomness import generator

AHEAD = 2


def training_batches(images: Images, recipe: Recipe, epoch: int, start: int = 0) -> Iterator[Images]:
    """The batches of `epoch` (from 0), beginning with batch `start`."""
    order = generator(recipe.seed, epoch, "order").permutation(len(images))
    changes = [change(augmentation, len(images), recipe.seed, epoch) for augmentation in recipe.augment]

    def prepare(number: int) -> Images:
        rows = slice(number * recipe.batch, (number + 1) * recipe.batch)
        batch = images[order[rows]]
        pixels = batch.pixels
        for changed in changes:
            pixels = changed(pixels, rows)
        return Images(pixels, batch.labels)

    numbers = range(start, len(images) // recipe.batch)
    return _prepared(partial(prepare, number) for number in numbers)


def test_batches(images: Images, batch: int) -> Iterator[Images]:
    """All images in their own order; the last batch may be smaller."""
    return (images[start : start + batch] for start in range(0, len(images), batch))


def _prepared(jobs: Iterable[Callable[[], Images]]) -> Iterator[Images]:
    """The results of `jobs` in order; a second thread is always a few ahead."""
    waiting: deque[Future[Images]] = deque()
    with ThreadPoolExecutor(1, "resdsl-batches") as pool:
        for job in jobs:
            waiting.append(pool.submit(job))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
