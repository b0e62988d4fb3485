"""The sections of entries: `train` into a Recipe, `expect` into what is held against the analysis (X001)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from resdsl.codes import N002, N003, N004
from resdsl.ir.data import BY_NAME
from resdsl.ir.moment import Epochs, Moment
from resdsl.ir.network import Expectation
from resdsl.ir.recipe import (
    AUGMENTATION_KINDS,
    AUGMENTATIONS,
    DATA_CHOICES,
    LINEAR_RISE,
    LOSSES,
    OPTIMIZER_KINDS,
    OPTIMIZERS,
    SCHEDULE_KINDS,
    SCHEDULES,
    STATISTICS,
    Augmentation,
    DataChoice,
    Framing,
    Recipe,
    ScaleCrop,
    Warmup,
)
from resdsl.language.words import EXPECT, LENGTHS, TRAIN
from resdsl.lower.bind import bind, called, chosen, values
from resdsl.lower.evaluate import Scope, decimal, integer, number, size, unknown
from resdsl.lower.mistake import Report, mistake
from resdsl.lower.settings import value_of
from resdsl.suggest import nearest
from resdsl.syntax import ast
from resdsl.word import Choice

Fields = dict[str, Any]
Entries = Mapping[str, tuple[ast.Statement, Scope]]


def recipe(entries: Entries, report: Report) -> Recipe:
    """The recipe of all entries that can be read; what is left out has Recipe's default."""
    fields: Fields = {}
    for statement, scope in entries.values():
        with report.collecting():
            if statement.keyword.id not in TRAIN:
                raise unknown(statement.keyword, TRAIN, "entry of train", scope)
            fields |= ENTRIES[statement.keyword.id](statement, scope)
    with report.collecting():
        if "data" in entries and "data" not in fields:
            _misspelt_data(*entries["data"])
    with report.collecting():
        if fields.keys() >= LENGTHS.keys():
            place = entries["epochs"][0].span
            raise mistake(N002, place, "the length is given in steps and in epochs", "keep one of them")
    return replace(Recipe(), **fields)


def _values(statement: ast.Statement) -> list[ast.Value]:
    for item in statement.items:
        if not isinstance(item, ast.Positional) or item.word is not None:
            raise mistake(
                N003, item.span, f"{statement.keyword.id} takes values, one after another", "put a comma between"
            )
    return [item.value for item in statement.items if isinstance(item, ast.Positional)]


def _data(statement: ast.Statement, scope: Scope) -> Fields:
    word, bound = called(DATA_CHOICES, value_of(statement), scope)
    given = values(word, bound, scope)
    return {"data": DataChoice(word.name, {name: given[name] for name in bound})}


def _misspelt_data(statement: ast.Statement, scope: Scope) -> None:
    """Raises Mistake for what the data set that a misspelt name probably means does not take."""
    value = value_of(statement)
    if isinstance(value, ast.Call) and value.name.id not in BY_NAME and (near := nearest(value.name.id, BY_NAME)):
        bind(BY_NAME[near].word, value.items, value.span, scope)


def _augment(statement: ast.Statement, scope: Scope) -> Fields:
    augmentations: list[Augmentation] = []
    for value in _values(statement):
        word, given = chosen(AUGMENTATIONS, value, scope)
        kind = AUGMENTATION_KINDS[word.name](**given)
        if isinstance(kind, Framing) and augmentations:
            found = f"{word.name} comes after {augmentations[-1].kind}"
            raise mistake(N003, value.span, found, "write it first: it brings all images to one size")
        if isinstance(kind, ScaleCrop) and kind.shorter[0] < kind.size:
            found = f"a side of {kind.shorter[0]} leaves no crop of {kind.size}"
            raise mistake(N004, value.span, found, f"begin shorter at {kind.size} or more")
        augmentations.append(kind)
    return {"augment": tuple(augmentations)}


def _count(name: str) -> Callable[[ast.Statement, Scope], Fields]:
    least = 0 if name == "seed" else 1
    return lambda statement, scope: {name: integer(value_of(statement), scope, name, least)}


def _decimal(name: str, below: float = math.inf) -> Callable[[ast.Statement, Scope], Fields]:
    def read(statement: ast.Statement, scope: Scope) -> Fields:
        value = value_of(statement)
        if (found := decimal(value, scope, name, below=below)) == 0:
            raise mistake(N004, value.span, f"{name} is 0", "write a number above 0, or leave it out")
        return {name: found}

    return read


def _optimizer(statement: ast.Statement, scope: Scope) -> Fields:
    word, bound = called(OPTIMIZERS, value_of(statement), scope)
    given = values(word, bound, scope)
    if given.get("nesterov") and given["momentum"] == 0:
        raise mistake(N004, bound["nesterov"].span, "nesterov needs a momentum", "write a momentum above 0")
    if "betas" in given and (len(given["betas"]) != 2 or max(given["betas"]) >= 1):
        raise mistake(N004, bound["betas"].span, "betas are two numbers below 1", "write betas = [0.9, 0.999]")
    return {"optimizer": OPTIMIZER_KINDS[word.name](**given)}


def _schedule(statement: ast.Statement, scope: Scope) -> Fields:
    fields: Fields = {"warmup": None}
    for value in _values(statement):
        word, given = chosen(SCHEDULES, value, scope)
        if word is Warmup.WORD:
            fields["warmup"] = _warmup(value, **given)
        elif "schedule" in fields:
            raise mistake(N002, value.span, "a second schedule", "keep one, and at most one warmup")
        else:
            fields["schedule"] = SCHEDULE_KINDS[word.name](**given)
    return fields


def _warmup(
    value: ast.Value, rise: Choice | None, lr: float | None, steps: Moment | None, epochs: int | None
) -> Warmup:
    length = steps if epochs is None else Epochs(epochs)
    if length is None or None not in (steps, epochs):
        raise mistake(N003, value.span, "a warm-up has one length", "write steps = 400, steps = 5%, or epochs = 5")
    linear = lr is None if rise is None else rise.word == LINEAR_RISE.name
    if lr is None and not linear:
        raise mistake(N003, value.span, "a constant warm-up needs its rate", "write lr = 0.01, or linear")
    return Warmup(lr or 0.0, length, linear)


def _loss(statement: ast.Statement, scope: Scope) -> Fields:
    return chosen(LOSSES, value_of(statement), scope)[1]


def _statistics(statement: ast.Statement, scope: Scope) -> Fields:
    return {"statistics": chosen(STATISTICS, value_of(statement), scope)[0].name}


# A reader for each word of `train`.
ENTRIES: dict[str, Callable[[ast.Statement, Scope], Fields]] = {
    "data": _data,
    "augment": _augment,
    "batch": _count("batch"),
    "steps": _count("steps"),
    "epochs": _count("epochs"),
    "optimizer": _optimizer,
    "schedule": _schedule,
    "loss": _loss,
    "clip": _decimal("clip"),
    "ema": _decimal("ema", below=1),
    "statistics": _statistics,
    "seed": _count("seed"),
}


def expectations(entries: Mapping[str, tuple[ast.Statement, Scope]], report: Report) -> tuple[Expectation, ...]:
    """Every entry that can be read."""
    expected = []
    for statement, scope in entries.values():
        with report.collecting():
            expected.append(_expectation(statement, scope))
    return tuple(expected)


def _expectation(statement: ast.Statement, scope: Scope) -> Expectation:
    name = statement.keyword
    if name.id not in EXPECT:
        raise unknown(name, EXPECT, "entry of expect", scope)
    value = value_of(statement)
    if name.id == "map":
        rows, columns = size(value, 2, "HxW, for example 7x7")
        return Expectation("map", (rows, columns), f"{rows}x{columns}", True, value.span)
    if isinstance(value, ast.Number) and value.text[-1] in "kMG":
        found = number(value)
        if not isinstance(found, int):
            raise mistake(N003, value.span, f"{name.id} is not a whole number", "write fewer digits")
        return Expectation(name.id, found, value.text.replace("_", ""), False, value.span)  # type: ignore[arg-type]
    found = integer(value, scope, name.id, least=0)
    return Expectation(name.id, found, f"{found:,}", True, value.span)  # type: ignore[arg-type]
