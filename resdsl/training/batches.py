"""The batches of an epoch, in their order, augmented, and prepared while the device is at work.

Every training batch is full: an epoch has `images // batch` steps, and the few images left over change from epoch to
epoch. So a step always means `batch` images, and no backend has to compile for another size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from resdsl.epoch import Epoch
from resdsl.ir.recipe import Recipe
from resdsl.training.augment import changed, drawn
from resdsl.training.data.dataset import Images
from resdsl.training.randomness import generator

AHEAD = 2


def epoch_of(recipe: Recipe, count: int, number: int) -> Epoch:
    """The order and the choices of epoch `number` (from 0) over `count` images."""
    order = generator(recipe.seed, number, "order").permutation(count)
    return Epoch(order, tuple(drawn(augmentation, count, recipe.seed, number) for augmentation in recipe.augment))


def training_batches(images: Images, batch: int, epoch: Epoch, start: int = 0) -> Iterator[Images]:
    """The batches of `epoch`, beginning with batch `start`."""

    def prepare(number: int) -> Images:
        rows = slice(number * batch, (number + 1) * batch)
        chosen = images[epoch.order[rows]]
        pixels = chosen.pixels
        for choice in epoch.choices:
            pixels = changed(pixels, choice, rows)
        return Images(pixels, chosen.labels)

    return _prepared(partial(prepare, number) for number in range(start, len(images) // batch))


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
