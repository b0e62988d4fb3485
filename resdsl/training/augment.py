"""Augmentation of uint8 images: the choices of a whole epoch, drawn beforehand, and what they do on the host."""

from __future__ import annotations

from typing import assert_never

import numpy as np

from resdsl.backend import Array
from resdsl.epoch import Choice, Crop, Mirror, Shift
from resdsl.ir.recipe import Change, Color, Flip, PadCrop
from resdsl.training.randomness import generator

# The principal components of ImageNet's pixels, in columns, and the deviations along them, of pixels in [0, 1]
# (Krizhevsky et al. 2012, Section 4.1; the values are those of the authors' successors, in common use).
COMPONENTS = np.array(((-0.5675, 0.7192, 0.4009), (-0.5808, -0.0045, -0.8140), (-0.5836, -0.6948, 0.4203)))
DEVIATIONS = np.array((0.2175, 0.0188, 0.0045))


def drawn(augmentation: Change, count: int, seed: int, epoch: int) -> Choice:
    """What `augmentation` chooses at each of the `count` positions of an epoch."""
    match augmentation:
        case PadCrop(padding):
            return Crop(padding, generator(seed, epoch, "pad_crop").integers(0, 2 * padding + 1, (count, 2)))
        case Flip():
            return Mirror(generator(seed, epoch, "flip").random(count) < 0.5)
        case Color(std):
            draws = generator(seed, epoch, "color").normal(0, std, (count, 3)) * DEVIATIONS
            return Shift(np.rint(255 * draws @ COMPONENTS.T).astype(np.int16))
        case _:
            assert_never(augmentation)


def changed(pixels: Array, choice: Choice, rows: slice | Array) -> Array:
    """Changed copies of the pixels (N, H, W, C) that stand at the N positions `rows`."""
    match choice:
        case Crop(padding, offsets):
            return _cropped(pixels, padding, offsets[rows])
        case Mirror(chosen):
            return _mirrored(pixels, chosen[rows])
        case Shift(levels):
            return _shifted(pixels, levels[rows])
        case _:
            assert_never(choice)


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


def _shifted(pixels: Array, levels: Array) -> Array:
    if pixels.shape[3] != levels.shape[1]:
        levels = levels.sum(axis=1, keepdims=True, dtype=np.int16) // 3
    shifted: Array = np.clip(pixels + levels[:, np.newaxis, np.newaxis], 0, 255)
    return shifted.astype(np.uint8)
