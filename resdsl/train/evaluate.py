"""The scores of a network on a whole set of images."""

from __future__ import annotations

from collections.abc import Callable

from resdsl.backend import Session
from resdsl.train.batches import test_batches
from resdsl.train.data.dataset import Images
from resdsl.train.progress import Result, Sums


def evaluate(
    session: Session, images: Images, batch: int, stopped: Callable[[], bool] = lambda: False
) -> Result | None:
    """The mean scores of `images`, `batch` at a time; None if `stopped` says so before the end."""
    waiting = []
    for part in test_batches(images, batch):
        if stopped():
            return None
        waiting.append((len(part), session.eval_step(part.pixels, part.labels)))
    sums = Sums()
    for count, scores in waiting:
        sums = sums.plus(count, scores)
    return sums.result
