"""Augmentation of uint8 images: the choices of a whole epoch, drawn beforehand, and what they do on the host."""

from __future__ import annotations

from typing import assert_never

import numpy as np

from resdsl.backend import Array
from resdsl.epoch import Choice, Crop, Mirror
from resdsl.ir.recipe import Augmentation, Flip, PadCrop, ScaleCrop
from resdsl.training.randomness import generator


def drawn(augmentation: Augmentation, count: int, seed: int, epoch: int) -> Choice:
    """What `augmentation` chooses at each of the `count` positions of an epoch."""
    match augmentation:
        case PadCrop(padding):
            return Crop(padding, generator(seed, epoch, "pad_crop").integers(0, 2 * padding + 1, (count, 2)))
        case Flip():
            return Mirror(generator(seed, epoch, "flip").random(count) < 0.5)
        case ScaleCrop():
            raise NotImplementedError("scale_crop: resolve() lets no such recipe pass")
        case _:
            assert_never(augmentation)


def changed(pixels: Array, choice: Choice, rows: slice) -> Array:
    """Changed copies of the pixels (N, H, W, C) that stand at the N positions `rows`."""
    match choice:
        case Crop(padding, offsets):
            return _cropped(pixels, padding, offsets[rows])
        case Mirror(chosen):
            return _mirrored(pixels, chosen[rows])
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
