"""A file that a tuple lists is not left out of it: what stands in no tuple, no other test would miss."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import get_args

from resdsl.checking import rules
from resdsl.ir import data, layers
from resdsl.ir.data.data_set import DataSet


def modules(package: ModuleType) -> Iterator[ModuleType]:
    (folder,) = package.__path__
    return (import_module(f"{package.__name__}.{file.stem}") for file in sorted(Path(folder).glob("[!_]*.py")))


def test_layers() -> None:
    own = {
        value
        for module in modules(layers)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, layers.BaseLayer) and getattr(value, "__final__", False)
    }
    assert own == set(get_args(layers.Layer))
    assert {kind for kind in own if kind.WORDS} == set(layers.KINDS)


def test_rules() -> None:
    assert {module.RULE for module in modules(rules) if hasattr(module, "RULE")} == set(rules.RULES)


def test_data_sets() -> None:
    found = [value for module in modules(data) for value in vars(module).values() if isinstance(value, DataSet)]
    assert {each.name for each in found} == set(data.BY_NAME)
