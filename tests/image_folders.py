"""Folders of images for the tests: made of a few colours, sound and damaged in every way."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from resdsl.ir.data import BY_NAME
from resdsl.ir.data.data_set import Pictures
from resdsl.ir.shape import Shape
from resdsl.training.data.dataset import Dataset
from resdsl.training.data.folders import load_folders
from resdsl.training.data.reading import Reading

SMALL = Shape(3, 24, 24)
CLASSES = ("apple", "bear", "clock")


def picture(number: int, height: int = 40, width: int = 50) -> Image.Image:
    """A smooth picture of its own."""
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [np.sin(rows / (7 + number) + channel) + np.cos(columns / (5 + channel) + number) for channel in range(3)]
    return Image.fromarray((np.stack(waves, axis=2) * 60 + 127).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The bytes of an image file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def image_folder(home: Path, train: int = 4, val: int = 2, classes: tuple[str, ...] = CLASSES) -> Path:
    """`home` with so many JPEGs of different sizes in each class."""
    number = 0
    for split, count in (("train", train), ("val", val)):
        for name in classes:
            (home / split / name).mkdir(parents=True)
            for index in range(count):
                number += 1
                content = encoded(picture(number, 30 + 7 * number % 23, 30 + 5 * number % 31))
                (home / split / name / f"{index}.jpg").write_bytes(content)
    return home


def shards(folder: Path, home: Path, by_number: bool) -> Path:
    """The images of `folder` as a tar file for each class of each split: with class numbers, or in class folders."""
    for split in ("train", "val"):
        (home / split).mkdir(parents=True)
        for label, name in enumerate(sorted(os.listdir(folder / split))):
            with tarfile.open(home / split / f"{split}-{label:03}.tar", "w") as archive:
                for path in sorted((folder / split / name).iterdir()):
                    _add(archive, f"{label}_{path.name}" if by_number else f"{name}/{path.name}", path.read_bytes())
                    if by_number:
                        _add(archive, f"{label}_{path.stem}.cls", str(label).encode())
    return home


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def load(home: Path, shape: Shape = SMALL, name: str = "folder", **reading: object) -> Dataset:
    """The data set of image files in `home`."""
    data_set = BY_NAME[name]
    assert isinstance(data_set.layout, Pictures)
    return load_folders(data_set, data_set.layout, shape, None, Reading(home, **reading))


def cmyk() -> bytes:
    """A JPEG as a printer has it."""
    return encoded(picture(50).convert("CMYK"))


def gray() -> bytes:
    """A JPEG of one channel."""
    return encoded(picture(60).convert("L"))


def animated() -> bytes:
    """A WebP of three pictures."""
    return encoded(picture(51), "WEBP", save_all=True, append_images=[picture(52), picture(53)], lossless=True)


def truncated() -> bytes:
    """The first half of a JPEG."""
    content = encoded(picture(54))
    return content[: len(content) // 2]


DAMAGED: dict[str, tuple[str, bytes, str]] = {
    "truncated": ("a.jpg", truncated(), "is cut short"),
    "text": ("b.jpg", b"this is no image\n", "is no JPEG, PNG or WebP image"),
    "empty": ("c.png", b"", "is empty"),
    "another kind": ("d.jpg", encoded(picture(55), "BMP"), "is no JPEG, PNG or WebP image"),
    "broken png": ("e.png", encoded(picture(56), "PNG")[:200], "is cut short"),
    "flipped bits": ("f.png", encoded(picture(57), "PNG").replace(b"IDAT", b"IDAT" + bytes(9)), "is damaged ("),
}
SOUND: dict[str, tuple[str, bytes, Callable[[], Image.Image]]] = {
    "cmyk": ("a.jpg", cmyk(), lambda: Image.open(io.BytesIO(cmyk())).convert("RGB")),
    "gray": ("b.jpg", gray(), lambda: Image.open(io.BytesIO(gray())).convert("RGB")),
    "animated": ("c.webp", animated(), lambda: picture(51)),
    "png": ("d.png", encoded(picture(61), "PNG"), lambda: picture(61)),
    "palette": ("e.png", encoded(picture(62).quantize(16), "PNG"), lambda: picture(62).quantize(16).convert("RGB")),
    "alpha": ("f.png", encoded(picture(63).convert("RGBA"), "PNG"), lambda: picture(63)),
    "16 bits": (
        "g.png",
        encoded(Image.fromarray(np.full((40, 50), 0x80FF, np.uint16)), "PNG"),
        lambda: Image.new("RGB", (50, 40), (128, 128, 128)),
    ),
    "one pixel": ("h.png", encoded(Image.new("RGB", (1, 1), (9, 8, 7)), "PNG"), lambda: Image.new("RGB", (1, 1), (9, 8, 7))),
    "a wrong suffix": ("i.png", encoded(picture(64)), lambda: Image.open(io.BytesIO(encoded(picture(64))))),
    "one row": ("j.png", encoded(picture(65, 1, 300), "PNG"), lambda: picture(65, 1, 300)),
}  # fmt: skip
