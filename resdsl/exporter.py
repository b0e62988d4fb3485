"""Formats that are no source but a model with its weights in it (ONNX), each behind a framework's own exporter.

An exporter is a function `(network, weights) -> bytes` in the entry-point group `resdsl.exporters`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points

from resdsl.backend import Array, BackendMissing
from resdsl.ir.network import Network

GROUP = "resdsl.exporters"
Exporter = Callable[[Network, Mapping[str, Array]], bytes]


def exporters() -> tuple[str, ...]:
    """The names of all registered exporters."""
    return tuple(sorted(point.name for point in entry_points(group=GROUP)))


def load_exporter(name: str) -> Exporter:
    """The exporter called `name`, one of `exporters()`; raises BackendMissing where what it needs is not installed."""
    point = next(point for point in entry_points(group=GROUP) if point.name == name)
    try:
        exporter: Exporter = point.load()
    except ModuleNotFoundError as missing:
        raise BackendMissing(f"{name} needs {missing.name}: pip install 'resdsl[{name}]'") from missing
    return exporter
