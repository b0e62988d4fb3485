"""The data sets by name, and the one way to open them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from resdsl.backend import Normalization
from resdsl.ir.network import Network
from resdsl.ir.recipe import DataChoice, Option
from resdsl.ir.shape import Shape
from resdsl.training.data import cifar10, digits
from resdsl.training.data.dataset import Dataset
from resdsl.training.errors import DataError


@dataclass(frozen=True, slots=True)
class Source:
    """Where a data set comes from. `mirrors`: whether a mirrored image keeps its label."""

    load: Callable[[Shape, Path | None], Dataset]
    train_images: int
    mirrors: bool


def _imagenet(shape: Shape, folder: Path | None) -> Dataset:
    raise DataError(
        "imagenet cannot be trained on yet: use --data cifar10 or --data digits with a network for 10 classes"
    )


SOURCES = {
    "cifar10": Source(cifar10.load_cifar10, 50_000, mirrors=True),
    "digits": Source(digits.load_digits, digits.TRAIN_IMAGES, mirrors=False),
    "imagenet": Source(_imagenet, 1_281_167, mirrors=True),
}


def open_dataset(choice: DataChoice | None, network: Network, folder: Path | None = None) -> Dataset:
    """The chosen data set, in memory, once it is certain that it fits `network` (DataError)."""
    if choice is None:
        raise DataError(
            f"{network.name} names no data set: pass --data digits, or write `data cifar10` in its train section"
        )
    if choice.name not in SOURCES:
        raise DataError(f"there is no data set '{choice.name}': choose one of {', '.join(SOURCES)}")
    dataset = SOURCES[choice.name].load(network.input, folder)
    _check_fit(dataset, network)
    return replace(dataset, scale=_scale(dataset, choice.options))


def _check_fit(dataset: Dataset, network: Network) -> None:
    if dataset.shape != network.input:
        raise DataError(
            f"{network.name} takes {network.input}, but the images of {dataset.name} are {dataset.shape}: "
            f"pass --input {dataset.shape}, or another --data"
        )
    if network.output.size != dataset.classes:
        raise DataError(
            f"{network.name} gives {network.output.size} answers, but {dataset.name} has {dataset.classes} classes: "
            f"end its head with `linear {dataset.classes}`, or pass another --data"
        )


def _scale(dataset: Dataset, options: dict[str, Option]) -> Normalization:
    unknown = options.keys() - {"mean", "std"}
    if unknown:
        raise DataError(f"data {dataset.name} has no option '{min(unknown)}': it takes mean and std")
    mean = _per_channel(dataset, "mean", options.get("mean", dataset.scale.mean))
    std = _per_channel(dataset, "std", options.get("std", dataset.scale.std))
    if min(std) <= 0:
        raise DataError(f"data {dataset.name}: std = {list(std)} must be positive, as in [0.25, 0.25, 0.25]")
    return Normalization(mean, std)


def _per_channel(dataset: Dataset, name: str, values: Option) -> tuple[float, ...]:
    channels = dataset.shape.channels
    if not isinstance(values, tuple) or len(values) != channels:
        raise DataError(f"data {dataset.name}: {name} = {values} must list {channels} numbers, one per channel")
    return tuple(float(value) for value in values)
