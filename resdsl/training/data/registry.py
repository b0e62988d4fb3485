"""The data sets by name, and the one way to open them."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from resdsl.backend import Normalization
from resdsl.ir.data import BY_NAME
from resdsl.ir.data.data_set import DataSet, Packaged, Pictures, Records
from resdsl.ir.network import Network
from resdsl.ir.recipe import DataChoice, Option
from resdsl.suggest import remedy
from resdsl.training.data.dataset import Dataset
from resdsl.training.data.folders import load_folders
from resdsl.training.data.packaged import load_packaged
from resdsl.training.data.reading import Reading
from resdsl.training.data.records import load_records
from resdsl.training.errors import DataError

SOURCES = BY_NAME


def open_dataset(choice: DataChoice | None, network: Network, reading: Reading) -> Dataset:
    """The chosen data set, once it is certain that it fits `network` (DataError)."""
    if choice is None:
        raise DataError(
            f"{network.name} names no data set: pass --data digits, or write `data cifar10` in its train section"
        )
    if choice.name not in SOURCES:
        raise DataError(f"there is no data set '{choice.name}': {remedy(choice.name, SOURCES, 'data set')}")
    data_set = SOURCES[choice.name]
    dataset = _loaded(data_set, network, choice.options, reading)
    _check_fit(dataset, data_set, network)
    return replace(dataset, scale=_scale(dataset, choice.options))


def _loaded(data_set: DataSet, network: Network, options: dict[str, Option], reading: Reading) -> Dataset:
    layout = data_set.layout
    match layout:
        case Packaged():
            return load_packaged(data_set, layout, network.input, reading.folder)
        case Records():
            return load_records(data_set, layout, reading)
        case Pictures():
            return load_folders(data_set, layout, network.input, options.get("shorter"), reading)
        case _:
            assert_never(layout)


def _check_fit(dataset: Dataset, data_set: DataSet, network: Network) -> None:
    if dataset.shape != network.input:
        raise DataError(
            f"{network.name} takes {network.input}, but the images of {dataset.name} are {dataset.shape}: "
            f"pass --input {dataset.shape}, or another --data"
        )
    if network.output.map != (1, 1):
        raise DataError(
            f"{network.name} leaves a map of {network.output}, but {dataset.name} has {dataset.classes} classes: "
            f"end it with `head {{ avgpool; linear {dataset.classes} }}`"
        )
    if network.output.size != dataset.classes:
        raise DataError(
            f"{network.name} has {network.output.size} outputs, but {dataset.name} has {dataset.classes} classes: "
            f"end its head with `linear {dataset.classes}`, or pass another --data"
        )


def _scale(dataset: Dataset, options: dict[str, Option]) -> Normalization:
    mean = _per_channel(dataset, "mean", options.get("mean", dataset.scale.mean))
    std = _per_channel(dataset, "std", options.get("std", dataset.scale.std))
    return Normalization(mean, std)


def _per_channel(dataset: Dataset, name: str, values: Option) -> tuple[float, ...]:
    channels = dataset.shape.channels
    if not isinstance(values, tuple) or len(values) != channels:
        raise DataError(f"data {dataset.name}: {name} = {values} must list {channels} numbers, one per channel")
    return tuple(float(value) for value in values)
