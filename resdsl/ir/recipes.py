"""The `train` section, entry by entry, into a Recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from resdsl.codes import N002, N003, N004
from resdsl.ir.bind import Bound, Signature, bind
from resdsl.ir.evaluate import Scope, decimal, flag, integer, real, unknown
from resdsl.ir.mistake import Report, mistake
from resdsl.ir.recipe import (
    Augmentation,
    ConstantSchedule,
    CosineSchedule,
    DataChoice,
    Flip,
    Option,
    PadCrop,
    PlateauSchedule,
    Recipe,
    ScaleCrop,
    Schedule,
    Sgd,
    StepSchedule,
    Warmup,
)
from resdsl.ir.settings import value_of
from resdsl.syntax import ast

Fields = dict[str, Any]
Entries = Mapping[str, tuple[ast.Statement, Scope]]


def recipe(entries: Entries, report: Report) -> Recipe:
    """The recipe of all entries that can be read; what is left out has Recipe's default."""
    fields: Fields = {}
    for statement, scope in entries.values():
        with report.collecting():
            if statement.keyword.id not in _ENTRIES:
                raise unknown(statement.keyword, tuple(_ENTRIES), "entry of train", scope)
            fields |= _ENTRIES[statement.keyword.id](statement, scope)
    with report.collecting():
        if "steps" in fields and "epochs" in fields:
            place = entries["epochs"][0].span
            raise mistake(N002, place, "the length is given in steps and in epochs", "keep one of them")
    return replace(Recipe(), **fields)


def called(value: ast.Value, choices: Mapping[str, Signature], kind: str, scope: Scope) -> tuple[str, Bound]:
    """The name and the bound arguments of `name` or `name(args)`, one of `choices`."""
    name = value.name if isinstance(value, ast.Call) else value
    if not isinstance(name, ast.Name):
        raise mistake(N003, value.span, f"expected the {kind} here", f"choose one of {', '.join(choices)}")
    if name.id not in choices:
        raise unknown(name, tuple(choices), kind, scope)
    items = value.items if isinstance(value, ast.Call) else ()
    return name.id, bind(choices[name.id], items, value.span, scope)


def _values(statement: ast.Statement) -> list[ast.Value]:
    for item in statement.items:
        if not isinstance(item, ast.Positional) or item.word is not None:
            raise mistake(
                N003, item.span, f"{statement.keyword.id} takes values, one after another", "put a comma between"
            )
    return [item.value for item in statement.items if isinstance(item, ast.Positional)]


def _data(statement: ast.Statement, scope: Scope) -> Fields:
    value = value_of(statement)
    name = value.name if isinstance(value, ast.Call) else value
    if not isinstance(name, ast.Name):
        raise mistake(N003, value.span, "expected the name of a data set", "write cifar10, digits or imagenet")
    options: dict[str, Option] = {}
    for item in value.items if isinstance(value, ast.Call) else ():
        if not isinstance(item, ast.Named):
            raise mistake(N003, item.span, f"{name.id} takes named options", "write name = value")
        options[item.name.id] = _option(item.value, scope)
    return {"data": DataChoice(name.id, options)}


def _option(value: ast.Value, scope: Scope) -> Option:
    match value:
        case ast.ListValue():
            return tuple(float(real(item, scope)) for item in value.items)
        case ast.String():
            return value.text
        case ast.Name(id="true" | "false"):
            return value.id == "true"
        case _:
            return real(value, scope)


_AUGMENTATIONS = {
    "pad_crop": Signature("pad_crop", ("padding",)),
    "flip": Signature("flip"),
    "scale_crop": Signature("scale_crop", ("size",), 1, ("shorter",)),
}


def _augment(statement: ast.Statement, scope: Scope) -> Fields:
    return {"augment": tuple(_augmentation(value, scope) for value in _values(statement))}


def _augmentation(value: ast.Value, scope: Scope) -> Augmentation:
    name, bound = called(value, _AUGMENTATIONS, "augmentation", scope)
    match name:
        case "pad_crop":
            return PadCrop(integer(bound["padding"], scope, "the padding") if "padding" in bound else PadCrop().padding)
        case "flip":
            return Flip()
    size = integer(bound["size"], scope, "the size")
    return ScaleCrop(size, _range(bound["shorter"], scope) if "shorter" in bound else ScaleCrop(size).shorter)


def _range(value: ast.Value, scope: Scope) -> tuple[int, int]:
    found = _integers(value, scope, "a side")
    if len(found) == 1:
        return found[0], found[0]
    if len(found) != 2 or found[0] > found[1]:
        raise mistake(N004, value.span, "expected a range of sides", "write [256, 480]")
    return found[0], found[1]


def _integers(value: ast.Value, scope: Scope, what: str) -> tuple[int, ...]:
    items = value.items if isinstance(value, ast.ListValue) else (value,)
    return tuple(integer(item, scope, what) for item in items)


def _count(name: str) -> Callable[[ast.Statement, Scope], Fields]:
    least = 0 if name == "seed" else 1
    return lambda statement, scope: {name: integer(value_of(statement), scope, name, least)}


def _optimizer(statement: ast.Statement, scope: Scope) -> Fields:
    names = ("lr", "momentum", "weight_decay", "nesterov", "decay_all")
    signature = Signature("sgd", names)
    _, bound = called(value_of(statement), {"sgd": signature}, "optimizer", scope)
    given: Fields = {}
    for name, value in bound.items():
        if name in {"nesterov", "decay_all"}:
            given[name] = flag(value, scope, name)
        else:
            given[name] = decimal(value, scope, name, below=1.0 if name == "momentum" else float("inf"))
    if given.get("nesterov") and given.get("momentum", 0.9) == 0:
        raise mistake(N004, bound["nesterov"].span, "nesterov needs a momentum", "write a momentum above 0")
    return {"optimizer": Sgd(**given)}


_SCHEDULES = {
    "step": Signature("step", ("at",), 1, ("factor",)),
    "plateau": Signature("plateau", named=("factor", "patience")),
    "cosine": Signature("cosine"),
    "constant": Signature("constant"),
    "warmup": Signature("warmup", ("lr", "steps"), 2),
}


def _schedule(statement: ast.Statement, scope: Scope) -> Fields:
    fields: Fields = {"warmup": None}
    for value in _values(statement):
        name, bound = called(value, _SCHEDULES, "schedule", scope)
        if name == "warmup":
            lr = decimal(bound["lr"], scope, "lr")
            fields["warmup"] = Warmup(lr, integer(bound["steps"], scope, "the steps of the warm-up"))
        elif "schedule" in fields:
            raise mistake(N002, value.span, "a second schedule", "keep one, and at most one warmup")
        else:
            fields["schedule"] = _one_schedule(name, bound, scope)
    return fields


def _one_schedule(name: str, bound: Bound, scope: Scope) -> Schedule:
    factor = decimal(bound["factor"], scope, "the factor", below=1) if "factor" in bound else 0.1
    match name:
        case "step":
            at = _integers(bound["at"], scope, "a step")
            if list(at) != sorted(set(at)):
                raise mistake(N004, bound["at"].span, "the steps do not rise", "write them in order, each once")
            return StepSchedule(at, factor)
        case "plateau":
            patience = integer(bound["patience"], scope, "the patience") if "patience" in bound else 10
            return PlateauSchedule(factor, patience)
        case "cosine":
            return CosineSchedule()
    return ConstantSchedule()


def _loss(statement: ast.Statement, scope: Scope) -> Fields:
    signature = Signature("cross_entropy", named=("label_smoothing",))
    _, bound = called(value_of(statement), {"cross_entropy": signature}, "loss", scope)
    smoothing = bound.get("label_smoothing")
    return {"label_smoothing": decimal(smoothing, scope, "label_smoothing", below=1) if smoothing else 0.0}


_ENTRIES: dict[str, Callable[[ast.Statement, Scope], Fields]] = {
    "data": _data,
    "augment": _augment,
    "batch": _count("batch"),
    "steps": _count("steps"),
    "epochs": _count("epochs"),
    "optimizer": _optimizer,
    "schedule": _schedule,
    "loss": _loss,
    "seed": _count("seed"),
}
