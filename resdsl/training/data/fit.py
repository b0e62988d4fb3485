"""Augmentations on images of another size than they were written for."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from resdsl.ir.recipe import Augmentation, Color, Flip, PadCrop, RandomResizedCrop, ScaleCrop
from resdsl.training.data.dataset import Dataset, Images
from resdsl.training.errors import RecipeError


def fitted(augment: tuple[Augmentation, ...], dataset: Dataset, moves: bool) -> tuple[Augmentation, ...]:
    """`augment` for the images that the network takes of `dataset`: crops have their size, ranges keep their proportion.

    Where the recipe `moves` from its own data to images that are of one size already, it crops none (RecipeError).
    """
    if moves and isinstance(dataset.train, Images):
        return tuple(each for each in augment if not isinstance(each, ScaleCrop | RandomResizedCrop))
    return tuple(_fitted(each, dataset) for each in augment)


def _fitted(augmentation: Augmentation, dataset: Dataset) -> Augmentation:
    match augmentation:
        case ScaleCrop(size, (least, most)):
            side = _side(augmentation.kind, dataset)
            return replace(augmentation, size=side, shorter=(least * side // size, most * side // size))
        case RandomResizedCrop():
            return replace(augmentation, size=_side(augmentation.kind, dataset))
        case PadCrop() | Flip() | Color():
            return augmentation
        case _:
            assert_never(augmentation)


def _side(kind: str, dataset: Dataset) -> int:
    channels, height, width = dataset.shape
    if height != width:
        raise RecipeError(f"{kind} gives squares, but the network takes {dataset.shape}: write another augment")
    if channels not in {1, 3}:
        raise RecipeError(f"{kind} takes images of 3 channels, or of 1, not {channels}: write another augment")
    return height
