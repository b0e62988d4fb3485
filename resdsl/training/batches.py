"""The batches of an epoch, in their order, augmented, and prepared while the device is at work.

Every training batch is full: an epoch has `images // batch` steps, and the few images left over change from epoch to
epoch. So a step always means `batch` images, and no backend has to compile for another size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar, assert_never

from resdsl.backend import Array
from resdsl.epoch import Choice, Epoch, Frame, Mirror
from resdsl.ir.recipe import Framing, Recipe
from resdsl.training.augment import changed, drawn
from resdsl.training.data.dataset import Images
from resdsl.training.data.framing import framed
from resdsl.training.data.pictures import Pictures
from resdsl.training.randomness import generator
from resdsl.training.share import ALL, Rows, Share

AHEAD = 2
T = TypeVar("T")


def epoch_of(recipe: Recipe, count: int, number: int) -> Epoch:
    """The order and the choices of epoch `number` (from 0) over `count` images."""
    order = generator(recipe.seed, number, "order").permutation(count)
    frames = [Frame(each, recipe.seed, number) for each in recipe.augment if isinstance(each, Framing)]
    changes = [each for each in recipe.augment if not isinstance(each, Framing)]
    return Epoch(order, tuple(drawn(each, count, recipe.seed, number) for each in changes), *frames[:1])


def training_batches(
    images: Images | Pictures, batch: int, epoch: Epoch, start: int = 0, share: Share = ALL
) -> Iterator[Images]:
    """The batches of `epoch`, beginning with batch `start`: what of each is the `share`'s."""

    def prepare(number: int) -> Images:
        rows = share.rows(number, batch)
        taken, choices = _taken(images, epoch, rows)
        pixels = taken.pixels
        for choice in choices:
            pixels = changed(pixels, choice, rows)
        return Images(pixels, taken.labels)

    jobs = (partial(prepare, number) for number in range(start, len(images) // batch))
    return _prepared(jobs, images.workers if isinstance(images, Pictures) else 1)


def test_batches(images: Images | Pictures, batch: int, share: Share = ALL) -> Iterator[Images]:  # noqa: PT028 - no test
    """All images in their own order; the last batch may be smaller, as are those with images that cannot be read.

    Of a `share`, every so many batches one.
    """
    starts = share.starts(len(images), batch)
    match images:
        case Images():
            return (images[start : start + batch] for start in starts)
        case Pictures():
            rows = (range(start, min(start + batch, len(images))) for start in starts)
            return _sound(_prepared((partial(images.centres, each) for each in rows), images.workers))
        case _:
            assert_never(images)


def _sound(batches: Iterable[tuple[Array, Array]]) -> Iterator[Images]:
    """Those of the batches that have images."""
    return (Images(pixels, labels) for pixels, labels in batches if len(labels))


def _taken(images: Images | Pictures, epoch: Epoch, rows: Rows) -> tuple[Images, tuple[Choice, ...]]:
    """The images at the positions `rows` of the epoch, all of one size, and what is still to be done to them."""
    positions = range(rows.start, rows.stop) if isinstance(rows, slice) else rows.tolist()
    match images:
        case Images():
            chosen = images[epoch.order[rows]]
            pixels = framed(chosen.pixels, epoch.frame, positions) if epoch.frame else chosen.pixels
            return Images(pixels, chosen.labels), epoch.choices
        case Pictures():
            match epoch.choices:
                case (Mirror(mirrored), *rest):  # image by image, before they are a batch: that takes no time
                    taken = images.framed(epoch.order[rows], positions, epoch.frame, mirrored[rows])
                case rest:
                    taken = images.framed(epoch.order[rows], positions, epoch.frame)
            return Images(*taken), tuple(rest)
        case _:
            assert_never(images)


def _prepared(jobs: Iterable[Callable[[], T]], workers: int) -> Iterator[T]:
    """The results of `jobs` in order; `workers` other threads are always a few ahead, or none where that is 0."""
    if workers == 0:
        yield from (job() for job in jobs)
        return
    waiting: deque[Future[T]] = deque()
    pool = ThreadPoolExecutor(workers, "resdsl-batches")
    try:
        for job in jobs:
            waiting.append(pool.submit(job))
            if len(waiting) >= AHEAD + workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
