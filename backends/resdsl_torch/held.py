"""A data set on the device: ordered, cropped and mirrored there, to the same bytes as on the host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, assert_never, final

import torch
from torch import Tensor
from torch.nn.functional import pad

from resdsl.backend import Array, Held, HeldTest, Scores, evaluation_batch, images_at_once
from resdsl.epoch import Choice, Crop, Epoch, Mirror, Shift

if TYPE_CHECKING:
    from resdsl_torch.step import TorchSession

SLAB_STEPS = 32


@final
class TorchHeld(Held):
    """Images and labels for the steps of `session`."""

    def __init__(self, session: TorchSession, images: Array, labels: Array, batch: int) -> None:
        self._session = session
        self._pixels, self._labels = session.to_device(images), session.to_device(labels)
        self._batch = batch
        self.at_once = max(1, min(images_at_once(images) // batch, SLAB_STEPS))

    def begin(self, epoch: Epoch) -> None:
        """Takes up the order and the choices of an epoch, `batch` positions for each of its steps."""
        self._epoch = epoch.mapped(self._session.to_device)

    def train(self, first: int, rates: Sequence[float], step: int) -> Callable[[], list[Scores]]:
        """Steps on batches that are prepared together."""
        pixels, labels = self.prepared(first, len(rates))
        batches = zip(torch.split(pixels, self._batch), torch.split(labels, self._batch), rates, strict=True)
        scores = torch.stack([self._session.train_on(*each, number) for number, each in enumerate(batches, step)])
        return lambda: [Scores(*row) for row in scores.tolist()]

    def prepared(self, first: int, count: int) -> tuple[Tensor, Tensor]:
        """The pixels and labels of `count` batches of the epoch, one after another."""
        rows = slice(first * self._batch, (first + count) * self._batch)
        order = self._epoch.order[rows]
        pixels = self._pixels[order]
        for choice in self._epoch.choices:
            pixels = changed(pixels, choice, rows)
        return pixels, self._labels[order]


@final
class TorchHeldTest(HeldTest):
    """Images and labels that `session` is tested on."""

    def __init__(self, session: TorchSession, images: Array, labels: Array, batch: int) -> None:
        self._session = session
        self._pixels, self._labels = session.to_device(images), session.to_device(labels)
        self._batch = evaluation_batch(images, batch)  # Of one size, as far as that goes: so is a graph.

    def evaluate(self) -> list[tuple[int, Scores]]:
        """All images, in large batches."""
        pixels, labels = (torch.split(part, self._batch) for part in (self._pixels, self._labels))
        scores = torch.stack([self._session.score(*batch) for batch in zip(pixels, labels, strict=True)])
        return [(len(batch), Scores(*row)) for batch, row in zip(labels, scores.tolist(), strict=True)]


def changed(pixels: Tensor, choice: Choice, rows: slice) -> Tensor:
    """The pixels (N, H, W, C) that stand at the N positions `rows`, changed as `choice`, on the device, says."""
    match choice:
        case Crop(padding, offsets):
            return _cropped(pixels, padding, offsets[rows])
        case Mirror(chosen):
            return torch.where(chosen[rows, None, None, None], pixels.flip(2), pixels)
        case Shift(levels):
            return _shifted(pixels, levels[rows])
        case _:
            assert_never(choice)


def _shifted(pixels: Tensor, levels: Tensor) -> Tensor:
    own = levels if pixels.shape[3] == 3 else levels.sum(1, keepdim=True).floor_divide(3)
    return (pixels + own[:, None, None]).clamp(0, 255).to(torch.uint8)


def _cropped(pixels: Tensor, padding: int, offsets: Tensor) -> Tensor:
    count, height, width, _ = pixels.shape
    padded: Tensor = pad(pixels, (0, 0, padding, padding, padding, padding))
    images = torch.arange(count, device=pixels.device)[:, None, None]
    lines = offsets[:, 0, None] + torch.arange(height, device=pixels.device)
    columns = offsets[:, 1, None] + torch.arange(width, device=pixels.device)
    return padded[images, lines[:, :, None], columns[:, None, :]]
