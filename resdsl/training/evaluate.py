"""The scores of a network on labelled images, all together and class by class."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from resdsl.backend import Session
from resdsl.training.batches import test_batches
from resdsl.training.data.dataset import Images
from resdsl.training.data.pictures import Pictures
from resdsl.training.progress import Sums
from resdsl.training.share import ALL


def evaluate(session: Session, batches: Iterable[Images]) -> Sums:
    """The scores of all `batches` in evaluation mode, added up."""
    # All steps before the first float(): the device need not wait for us.
    scores = [(len(batch), session.eval_step(batch.pixels, batch.labels)) for batch in batches]
    sums = Sums()
    for images, score in scores:
        sums = sums.plus(images, score)
    return sums


def evaluate_classes(session: Session, images: Images | Pictures, batch: int, classes: int) -> list[Sums]:
    """The same for the images of each class by itself."""
    in_order = images[np.argsort(images.labels, kind="stable")]
    scores = [
        (int(label), int(own.sum()), session.eval_step(found.pixels[own], found.labels[own]))
        for found in test_batches(in_order, batch, ALL)
        for label in np.unique(found.labels)
        if (own := found.labels == label).any()
    ]
    sums = [Sums() for _ in range(classes)]
    for label, count, score in scores:
        sums[label] = sums[label].plus(count, score)
    return sums
