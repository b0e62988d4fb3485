"""A file that a tuple lists is not left out of it: what stands in no tuple, no other test would miss."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest

from resdsl import report
from resdsl.checking import rules
from resdsl.ir import data, join, layers, recipe, study
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


# The unions of a file, each with its table by word, and what else has a word there.
UNIONS: dict[ModuleType, tuple[list[tuple[Any, dict[str, Any]]], set[type]]] = {
    recipe: (
        [
            (recipe.Augmentation, recipe.AUGMENTATION_KINDS),
            (recipe.Optimizer, recipe.OPTIMIZER_KINDS),
            (recipe.Schedule, recipe.SCHEDULE_KINDS),
        ],
        {recipe.Warmup},
    ),
    join: ([(join.Join, join.JOIN_KINDS)], set()),
    study: ([(study.Plot, study.PLOT_KINDS)], set()),
}


@pytest.mark.parametrize("module", UNIONS, ids=lambda module: module.__name__)
def test_classes_with_a_word(module: ModuleType) -> None:
    unions, others = UNIONS[module]
    own = {value for value in vars(module).values() if isinstance(value, type) and hasattr(value, "WORD")}
    for union, table in unions:
        assert set(get_args(union)) == set(table.values())
    assert own - others == {kind for _, table in unions for kind in table.values()}


def test_formats_of_findings() -> None:
    names = {module.__name__.rpartition(".")[2]: module for module in modules(report)}
    assert {name for name, module in names.items() if hasattr(module, f"as_{name}")} == set(report.FORMATS)
