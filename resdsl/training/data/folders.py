"""Data sets of image files: one's own, and ImageNet."""

from __future__ import annotations

import numpy as np

from resdsl.backend import Normalization
from resdsl.ir.data.data_set import DataSet, Pictures
from resdsl.ir.recipe import Option
from resdsl.ir.shape import Shape
from resdsl.training.data import pictures
from resdsl.training.data.dataset import Dataset
from resdsl.training.data.decode import check_installed
from resdsl.training.data.framing import Centred
from resdsl.training.data.listing import Listing, listing
from resdsl.training.data.reading import Reading
from resdsl.training.errors import DataError

MARGIN = 256 / 224  # He et al. 2016, 3.4, as is usual now: a centre of 224 in a shorter side of 256
GRAY = np.array((0.299, 0.587, 0.114))  # of red, green and blue in what Pillow calls L


def load_folders(
    data_set: DataSet, layout: Pictures, shape: Shape, shorter: Option | None, reading: Reading
) -> Dataset:
    """The images in the folder of `reading`, to be seen at `shape` (DataError); none of them is opened yet."""
    check_installed()
    if shape.channels not in {1, 3}:
        raise DataError(f"the images of {data_set.name} have 3 channels, or 1, not {shape.channels}: pass --input 3x…")
    if reading.download:
        asks = (
            "are your own"
            if data_set.train_images is None
            else "come from https://image-net.org, which asks who you are"
        )
        raise DataError(f"the images of {data_set.name} {asks}: leave --download out, and pass --data-dir")
    found = listing(data_set, layout, reading.home)
    return opened(data_set, found, _centred(shape, shorter, reading), shape.channels, reading)


def opened(data_set: DataSet, found: Listing, centred: Centred, channels: int, reading: Reading) -> Dataset:
    """The data set of what was found, its images in so many `channels`."""
    damage = pictures.Damage(reading.strict)
    train, val = (
        pictures.Pictures(
            str(found.home), places, np.array(labels, np.int64), channels, centred, reading.threads, damage
        )
        for places, labels in (found.train, found.val)
    )
    return Dataset(data_set.name, train, val, len(found.names), _scale(data_set, channels), found.names, found.notes)


def _centred(shape: Shape, shorter: Option | None, reading: Reading) -> Centred:
    least = min(shape.height, shape.width)
    asked = reading.shorter or (shorter if isinstance(shorter, int) else round(least * MARGIN))
    if asked < least:
        raise DataError(
            f"a shorter side of {asked} leaves no crop of {shape.height}x{shape.width}: pass {least} or more"
        )
    return Centred(shape.height, shape.width, asked, reading.crops)


def _scale(data_set: DataSet, channels: int) -> Normalization:
    if channels == len(data_set.mean):
        return Normalization(data_set.mean, data_set.std)
    # The channels of photographs move together: the deviations add up.
    return Normalization((float(GRAY @ data_set.mean),), (float(GRAY @ data_set.std),))
