"""The data sets: one file each, and their place in the tuple."""

from __future__ import annotations

from collections.abc import Mapping

from resdsl.ir.data.cifar10 import CIFAR10
from resdsl.ir.data.cifar100 import CIFAR100
from resdsl.ir.data.data_set import DataSet
from resdsl.ir.data.digits import DIGITS
from resdsl.ir.data.folder import FOLDER
from resdsl.ir.data.imagenet import IMAGENET

DATA_SETS: tuple[DataSet, ...] = (CIFAR10, CIFAR100, DIGITS, FOLDER, IMAGENET)
BY_NAME: Mapping[str, DataSet] = {data_set.name: data_set for data_set in DATA_SETS}
