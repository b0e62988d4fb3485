"""Augmentation of uint8 batches, with the choices of a whole epoch drawn beforehand."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

import numpy as np

from resdsl.backend import Array
from resdsl.ir.recipe import Augmentation, Flip, PadCrop, ScaleCrop
from resdsl.training.randomness import generator

Change = Callable[[Array, slice], Array]


def change(augmentation: Augmentation, count: int, seed: int, epoch: int) -> Change:
    """What `augmentation` does in one epoch of `count` positions.

    The result takes pixels (N, H, W, C) and the N positions at which they stand, and gives changed copies of them.
    """
    match augmentation:
        case PadCrop(padding):
            offsets = generator(seed, epoch, "pad_crop").integers(0, 2 * padding + 1, (count, 2))
            return lambda pixels, rows: _cropped(pixels, padding, offsets[rows])
        case Flip():
            mirrored = generator(seed, epoch, "flip").random(count) < 0.5
            return lambda pixels, rows: _mirrored(pixels, mirrored[rows])
        case ScaleCrop():
            raise NotImplementedError("scale_crop: resolve() lets no such recipe pass")
        case _:
            assert_never(augmentation)


def _cropped(pixels: Array, padding: int, offsets: Array) -> Array:
    count, height, width, _ = pixels.shape
    padded = np.pad(pixels, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    crops: Array = windows[np.arange(count), offsets[:, 0], offsets[:, 1]]
    return np.ascontiguousarray(crops.transpose(0, 2, 3, 1))


def _mirrored(pixels: Array, chosen: Array) -> Array:
    result = pixels.copy()
    # take, not [:, :, ::-1]: it copies whole pixels, in half the time.
    result[chosen] = pixels[chosen].take(np.arange(pixels.shape[2] - 1, -1, -1), axis=2)
    return result
