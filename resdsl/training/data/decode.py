"""Bytes to pixels: JPEG, PNG and WebP, by Pillow, and JPEG by simplejpeg where it is installed.

Both give the same bytes: both are libjpeg-turbo, with its exact transform and its smooth upsampling. simplejpeg takes
about three quarters of the time.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np

from resdsl.backend import Array
from resdsl.training.errors import DataError

try:
    from PIL import Image, UnidentifiedImageError
except ImportError:  # `resdsl[data]` is not installed: `check_installed` says so before an image is opened.
    Image = None  # type: ignore[assignment]
try:
    from simplejpeg import decode_jpeg, decode_jpeg_header
except ImportError:
    decode_jpeg = None

T = TypeVar("T")
MOST_BYTES = 1 << 28
MOST_PIXELS = 1 << 27
FORMATS: Final = ("JPEG", "PNG", "WEBP")


class DamagedImageError(Exception):
    """An image that cannot be decoded; the message says what was found: `is cut short`."""


def check_installed() -> None:
    """Raises DataError where the library that decodes is not there."""
    if Image is None:
        raise DataError("image files need Pillow: pip install 'resdsl[data]'")


def decoded(content: bytes, channels: int) -> Array:
    """The pixels, uint8 (H, W, `channels`), where 3 is RGB and 1 is gray (DamagedImageError).

    Other modes are brought to these as Pillow does; of an animation it is the first picture.
    """
    quick = _quickly(content) if channels == 3 and decode_jpeg is not None else None
    return opened(content, lambda image: _pixels(image, channels)) if quick is None else quick


def opened(content: bytes, read: Callable[[Any], T]) -> T:
    """What `read` makes of the image that Pillow opens (DamagedImageError)."""
    if not content:
        raise DamagedImageError("is empty")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check_size(*image.size)
            return read(image)
    except UnidentifiedImageError:
        raise DamagedImageError("is no JPEG, PNG or WebP image") from None
    except Image.DecompressionBombError as error:
        raise DamagedImageError("has far too many pixels") from error
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError, struct.error) as error:
        cut = "truncated" in str(error).lower()
        raise DamagedImageError("is cut short" if cut else f"is damaged ({error})") from error


def _quickly(content: bytes) -> Array | None:
    """A sound JPEG as RGB; None for all others, which Pillow knows more of."""
    if content[:2] != b"\xff\xd8":
        return None
    try:
        height, width, space, _ = decode_jpeg_header(content)
        if space not in {"YCbCr", "Gray"} or height * width > MOST_PIXELS:
            return None
        pixels: Array = decode_jpeg(content, "RGB")
    except ValueError:
        return None
    return pixels


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise DamagedImageError(f"is {width}x{height}, more than {MOST_PIXELS:,} pixels")


def _pixels(image: Any, channels: int) -> Array:
    if image.mode.startswith("I"):  # 16 bits, which Pillow would cut off at 255
        gray = (np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
        return np.repeat(gray[..., np.newaxis], channels, axis=2)
    pixels = np.asarray(image.convert("RGB" if channels == 3 else "L"))
    return pixels if channels == 3 else pixels[..., np.newaxis]
