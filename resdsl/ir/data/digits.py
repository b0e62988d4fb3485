"""Handwritten digits that come with resdsl: 1797 gray images of 8x8 pixels (Alpaydin and Kaynak 1998, CC BY 4.0)."""

from __future__ import annotations

from resdsl.ir.data.data_set import DataSet, Packaged

DIGITS = DataSet(
    "digits",
    "Handwritten digits, 10 classes: inside the package, needs no download.",
    # Neighbours in the file are, apparently, by the same writer (scikit-learn's tests of cross-validation rely on it):
    # a test on the last images is harder, and fairer, than one on shuffled images.
    Packaged("digits.npz", test=360, brightest=16),
    classes=10,
    train_images=1797 - 360,
    mirrors=False,
    # Of the training images, scaled up to 32x32; the same in every channel.
    mean=(0.3054,),
    std=(0.3228,),
)
