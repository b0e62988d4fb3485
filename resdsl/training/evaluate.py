"""The scores of a network on labelled images, all together and class by class."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from resdsl.backend import Session
from resdsl.training.batches import test_batches
from resdsl.training.data.dataset import Images
from resdsl.training.data.pictures import Pictures
from resdsl.training.errors import DataError
from resdsl.training.progress import Sums


def evaluate(session: Session, batches: Iterable[Images]) -> Sums:
    """The scores of all `batches` in evaluation mode, added up."""
    # All steps before the first float(): the device need not wait for us.
    scores = [(len(batch), session.eval_step(batch.pixels, batch.labels)) for batch in batches]
    return Sums.of(scores)


def of_whole_set(sums: Sums) -> Sums:
    """`sums`, which are those of all test images; raises DataError where none of these could be read."""
    if not sums.images:
        raise DataError("none of the test images can be read: resdsl data DIR says why")
    return sums


def evaluate_classes(session: Session, images: Images | Pictures, batch: int, classes: int) -> list[Sums]:
    """The same for the images of each class by itself."""
    in_order = images[np.argsort(images.labels, kind="stable")]
    scores = [
        (int(label), int(own.sum()), session.eval_step(found.pixels[own], found.labels[own]))
        for found in test_batches(in_order, batch)
        for label in np.unique(found.labels)
        if (own := found.labels == label).any()
    ]
    sums = [Sums() for _ in range(classes)]
    for label, count, score in scores:
        sums[label] = sums[label].plus(count, score)
    return sums
