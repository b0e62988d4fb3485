"""What part of an image is seen, and at what size: the choices of training, and those of evaluation.

Everything is scaled by Pillow's bilinear filter, which averages over all pixels that a smaller one covers. A part whose
sides are whole pixels gives Pillow's own bytes, and so does evaluation. The paper's crop of a scaled image is scaled
alone, without the rest: of photographs, that differs from cutting it out of the whole in 25 values of a thousand, by
one level or, hardly ever, two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, assert_never

import numpy as np

try:
    from PIL import Image
except ImportError:  # as in decode
    Image = None  # type: ignore[assignment]

from resdsl.backend import Array
from resdsl.epoch import Frame
from resdsl.ir.recipe import Framing, RandomResizedCrop, ScaleCrop
from resdsl.training.randomness import generator

RATIOS = math.log(3 / 4), math.log(4 / 3)
TRIES = 10
NARROW = 32


class View(NamedTuple):
    """The part of an image between these places, in its pixels, at a size of `height` x `width`."""

    left: float
    top: float
    right: float
    bottom: float
    height: int
    width: int


def viewed(pixels: Array, view: View, mirrored: bool = False) -> Array:
    """The `view` of pixels (H, W, 1 or 3), uint8 (height, width, the same), left to right if `mirrored`."""
    box = view.left, view.top, view.right, view.bottom
    if all(float(side).is_integer() for side in box):
        left, top, right, bottom = map(int, box)
        pixels, box = pixels[top:bottom, left:right], (0, 0, right - left, bottom - top)
    gray = pixels.shape[2] == 1
    image = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if gray else pixels))
    image = image.resize((view.width, view.height), Image.Resampling.BILINEAR, box)
    result = np.asarray(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else image)
    return result[..., np.newaxis] if gray else result


def drawn_view(frame: Frame, position: int, height: int, width: int) -> View:
    """The view of an image of `height` x `width` at a position of an epoch: drawn for it, and for nothing else."""
    framing: Framing = frame.framing
    draws = generator(frame.seed, frame.number, framing.kind, position)
    match framing:
        case ScaleCrop(size, (least, most)):
            scaled = _scaled(height, width, int(draws.integers(least, most + 1)))
            top, left = (int(draws.integers(0, side - size + 1)) for side in scaled)
            return _part(height, width, scaled, top, left, (size, size))
        case RandomResizedCrop(size, least):
            return _random_part(height, width, size, least, draws)
        case _:
            assert_never(framing)


def framed(pixels: Array, frame: Frame, positions: Sequence[int]) -> Array:
    """Pixels (N, H, W, C) as they are seen at N positions, uint8 (N, size, size, C)."""
    height, width = pixels.shape[1:3]
    views = (drawn_view(frame, position, height, width) for position in positions)
    return np.stack([viewed(image, view) for image, view in zip(pixels, views, strict=True)])


@dataclass(frozen=True, slots=True)
class Centred:
    """How a test image is seen: its shorter side scaled to `shorter`, then its centre; `crops` is 1, or 10.

    Ten crops are the corners and the centre, then the same mirrored (Krizhevsky et al. 2012, Section 4.1). Of an image
    that is more than NARROW times as long as wide only the middle is scaled.
    """

    height: int
    width: int
    shorter: int
    crops: int = 1

    def seen(self, pixels: Array) -> Array:
        """The crops of an image (H, W, C), uint8 (`crops`, `height`, `width`, C)."""
        height, width = (min(side, NARROW * min(pixels.shape[:2])) for side in pixels.shape[:2])
        top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
        scaled = _scaled(height, width, self.shorter)
        whole = viewed(pixels, View(left, top, left + width, top + height, *scaled))
        down, right = scaled[0] - self.height, scaled[1] - self.width
        centre = round(down / 2), round(right / 2)
        places = [centre] if self.crops == 1 else [(0, 0), (0, right), (down, 0), (down, right), centre]
        crops = np.stack([whole[y : y + self.height, x : x + self.width] for y, x in places])
        return crops if self.crops == 1 else np.concatenate([crops, crops[:, :, ::-1]])


def _scaled(height: int, width: int, shorter: int) -> tuple[int, int]:
    """The size of an image whose shorter side becomes `shorter`."""
    if width <= height:
        return height * shorter // width, shorter
    return shorter, width * shorter // height


def _part(height: int, width: int, scaled: tuple[int, int], top: int, left: int, size: tuple[int, int]) -> View:
    """The part of the scaled image that begins at `top` and `left`, in pixels of the image as it was."""
    rows, columns = height / scaled[0], width / scaled[1]
    right, bottom = min((left + size[1]) * columns, width), min((top + size[0]) * rows, height)
    return View(left * columns, top * rows, right, bottom, *size)


def _random_part(height: int, width: int, size: int, least: float, draws: np.random.Generator) -> View:
    """As torchvision draws it: ten tries, then the largest part in the middle whose sides are not too unlike."""
    for _ in range(TRIES):
        area, ratio = height * width * draws.uniform(least, 1), math.exp(draws.uniform(*RATIOS))
        columns, rows = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < columns <= width and 0 < rows <= height:
            top, left = (int(draws.integers(0, free + 1)) for free in (height - rows, width - columns))
            return View(left, top, left + columns, top + rows, size, size)
    columns, rows = min(width, round(height * 4 / 3)), min(height, round(width * 4 / 3))
    top, left = (height - rows) // 2, (width - columns) // 2
    return View(left, top, left + columns, top + rows, size, size)
