from pathlib import Path

import numpy as np
import pytest
from data_sets import load_digits

from resdsl.ir.shape import Shape
from resdsl.training.errors import DataError


def test_split_and_classes() -> None:
    dataset = load_digits(Shape(3, 32, 32), None)
    assert (len(dataset.train), len(dataset.test), dataset.classes) == (1437, 360, 10)
    assert dataset.train.labels[:10].tolist() == list(range(10))
    assert dataset.test.labels[-3:].tolist() == [8, 9, 8]
    assert np.bincount(dataset.test.labels).min() >= 30


def test_the_scale_is_that_of_the_training_images() -> None:
    dataset = load_digits(Shape(3, 32, 32), None)
    scaled = (dataset.train.pixels / 255 - dataset.scale.mean) / dataset.scale.std
    assert scaled.mean() == pytest.approx(0, abs=1e-3)
    assert scaled.std() == pytest.approx(1, abs=1e-3)


def test_at_their_own_size_the_values_are_as_they_were() -> None:
    # The first image of scikit-learn's load_digits(), first two rows.
    pixels = load_digits(Shape(1, 8, 8), None).train.pixels
    assert np.rint(pixels[0, :2, :, 0] * (16 / 255)).tolist() == [
        [0, 0, 5, 13, 9, 1, 0, 0],
        [0, 0, 13, 15, 10, 15, 5, 0],
    ]


def test_enlarging_interpolates_between_centers_and_repeats_edges() -> None:
    small = load_digits(Shape(1, 8, 8), None).train.pixels[..., 0].astype(float)
    large = load_digits(Shape(2, 16, 8), None).train.pixels
    assert np.array_equal(large[..., 0], large[..., 1])
    assert np.array_equal(large[:, 0, :, 0], small[:, 0])
    assert np.abs(large[:, 1, :, 0] - (0.75 * small[:, 0] + 0.25 * small[:, 1])).max() <= 1
    assert np.abs(large[:, 2, :, 0] - (0.25 * small[:, 0] + 0.75 * small[:, 1])).max() <= 1


def test_a_folder_makes_no_sense() -> None:
    with pytest.raises(DataError, match="leave --data-dir out"):
        load_digits(Shape(3, 32, 32), Path("data"))


def test_a_huge_input_is_refused_before_memory_is_taken() -> None:
    with pytest.raises(DataError, match=r"more than 4 GiB.*3x32x32"):
        load_digits(Shape(3, 20_000, 20_000), None)
