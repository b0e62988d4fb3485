"""The scores of a network on labelled images."""

from __future__ import annotations

from collections.abc import Iterable

from resdsl.backend import Session
from resdsl.training.data.dataset import Images
from resdsl.training.progress import Sums


def evaluate(session: Session, batches: Iterable[Images]) -> Sums:
    """The scores of all `batches` in evaluation mode, added up."""
    # All steps before the first float(): the device need not wait for us.
    scores = [(len(batch), session.eval_step(batch.pixels, batch.labels)) for batch in batches]
    sums = Sums()
    for images, score in scores:
        sums = sums.plus(images, score)
    return sums
