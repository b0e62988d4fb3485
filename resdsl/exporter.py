"""Formats that are no source but a model with its weights in it (ONNX), each through a framework's own exporter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib.metadata import entry_points
from importlib.util import find_spec

from resdsl.backend import Array, BackendMissing
from resdsl.ir.network import Network

GROUP = "resdsl.exporters"


class Exporter(ABC):
    """One format: a class in the entry-point group `resdsl.exporters`."""

    packages: tuple[str, ...]
    """What it needs, and the command that installs it."""
    install: str

    @abstractmethod
    def export(self, network: Network, weights: Mapping[str, Array]) -> bytes:
        """The file that holds `network` with canonical `weights`, in evaluation mode."""


def exporters() -> tuple[str, ...]:
    """The names of all registered exporters."""
    return tuple(sorted(point.name for point in entry_points(group=GROUP)))


def load_exporter(name: str) -> Exporter:
    """The exporter called `name`, one of `exporters()`; raises BackendMissing where what it needs is not installed."""
    exporter: Exporter = next(point for point in entry_points(group=GROUP) if point.name == name).load()()
    missing = [package for package in exporter.packages if find_spec(package) is None]
    if missing:
        raise BackendMissing(f"{name} needs {' and '.join(missing)}: {exporter.install}")
    return exporter
