"""Data sets for the tests."""

from __future__ import annotations

from pathlib import Path

from resdsl.ir.data.data_set import Packaged
from resdsl.ir.data.digits import DIGITS
from resdsl.ir.shape import Shape
from resdsl.training.data.dataset import Dataset
from resdsl.training.data.packaged import load_packaged


def load_digits(shape: Shape, folder: Path | None = None) -> Dataset:
    """The digits at `shape`."""
    assert isinstance(DIGITS.layout, Packaged)
    return load_packaged(DIGITS, DIGITS.layout, shape, folder)
