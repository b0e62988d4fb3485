"""What is known of a data set without opening it: its words, its size, and how its files are laid out."""

from __future__ import annotations

from typing import NamedTuple

from resdsl.ir.shape import Shape
from resdsl.word import DERIVED, Decimals, Integer, Parameter, Word


class Archive(NamedTuple):
    """An official archive: where it lies, its size in bytes, and its SHA-256."""

    url: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """Its file name."""
        return self.url.rpartition("/")[2]


class Records(NamedTuple):
    """Binary files in a `folder`: each record has some `labels`, a byte each, the last of which counts, then its pixels.

    The pixels, of images of one `shape`, stand plane by plane, row by row. Next to each file's name stands how many
    records it has. `other` is a file of the version that cannot be read, in its folder.
    """

    shape: Shape
    folder: str
    train: tuple[tuple[str, int], ...]
    test: tuple[str, int]
    labels: int
    archive: Archive
    page: str
    other: tuple[str, str]

    @property
    def record(self) -> int:
        """The bytes of one record."""
        return self.labels + self.shape.size

    @property
    def files(self) -> tuple[tuple[str, int], ...]:
        """All files, with their records."""
        return (*self.train, self.test)


class Packaged(NamedTuple):
    """Gray images and labels in a file of the package: the last `test` are to test with; no value is above `brightest`."""

    file: str
    test: int
    brightest: int


class Pictures(NamedTuple):
    """Image files, `train/<class>/*` and `val/<class>/*`, or tar shards of them.

    Classes are the sorted names of the folders, or those that a file of the package lists, in its order.
    """

    listed: str | None = None


Layout = Records | Packaged | Pictures
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's photographs, in common use


class DataSet(NamedTuple):
    """A data set by name. None for what each folder has of its own: `classes`, the number of `train_images`.

    `mirrors`: whether a mirrored image keeps its label. `mean` and `std` are those of the training images, per channel.
    """

    name: str
    meaning: str
    layout: Layout
    classes: int | None = None
    train_images: int | None = None
    mirrors: bool = True
    mean: tuple[float, ...] = MEAN
    std: tuple[float, ...] = STD

    @property
    def word(self) -> Word:
        """The word of the language, with its options."""
        scaled = (SHORTER,) if isinstance(self.layout, Pictures) else ()
        return Word(self.name, self.meaning, (*SCALE, *scaled))


SCALE = (
    Parameter(
        "mean", Decimals(), "What is taken from each channel, of pixels in [0, 1].", DERIVED, named=True,
        sample="[0.49, 0.48, 0.45]",
    ),
    Parameter(
        "std", Decimals(positive=True), "What each channel is then divided by.", DERIVED, named=True,
        sample="[0.25, 0.24, 0.26]",
    ),
)  # fmt: skip
SHORTER = Parameter(
    "shorter", Integer(), "What the shorter side of a test image is scaled to, before its centre is cropped.", DERIVED,
    "the shorter side", named=True, sample="256",
)  # fmt: skip
