"""A recipe as a `train` section, and as JSON: what is printed and stored with every run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from resdsl.ir.recipe import (
    Augmentation,
    ConstantSchedule,
    CosineSchedule,
    Flip,
    PadCrop,
    PlateauSchedule,
    Recipe,
    ScaleCrop,
    Schedule,
    Sgd,
    StepSchedule,
    Warmup,
)

Call = Augmentation | Schedule | Sgd | Warmup
WORDS: dict[type[Call], str] = {
    PadCrop: "pad_crop",
    Flip: "flip",
    ScaleCrop: "scale_crop",
    Sgd: "sgd",
    StepSchedule: "step",
    PlateauSchedule: "plateau",
    CosineSchedule: "cosine",
    ConstantSchedule: "constant",
    Warmup: "warmup",
}


def recipe_text(recipe: Recipe) -> str:
    """The `train` section that means `recipe`."""
    return "train {\n" + "".join(f"  {entry}\n" for entry in _entries(recipe)) + "}"


def recipe_json(recipe: Recipe) -> dict[str, Any]:
    """The recipe as JSON values; what the language writes as a call has its word as `kind`."""
    calls = {"optimizer": recipe.optimizer, "schedule": recipe.schedule, "warmup": recipe.warmup}
    return {
        "data": recipe.data and {"name": recipe.data.name, "options": recipe.data.options},
        "augment": [_call_json(augmentation) for augmentation in recipe.augment],
        "batch": recipe.batch,
        "steps": recipe.steps,
        "epochs": recipe.epochs,
        **{name: call and _call_json(call) for name, call in calls.items()},
        "label_smoothing": recipe.label_smoothing,
        "seed": recipe.seed,
    }


def _entries(recipe: Recipe) -> Iterator[str]:
    if recipe.data:
        yield f"data {_call_text(recipe.data.name, recipe.data.options)}"
    if recipe.augment:
        yield f"augment {_calls_text(*recipe.augment)}"
    yield f"batch {recipe.batch}"
    yield f"steps {recipe.steps}" if recipe.steps else f"epochs {recipe.epochs}"
    yield f"optimizer {_calls_text(recipe.optimizer)}"
    yield f"schedule {_calls_text(recipe.schedule, *([recipe.warmup] if recipe.warmup else []))}"
    yield f"loss {_call_text('cross_entropy', {'label_smoothing': recipe.label_smoothing})}"
    yield f"seed {recipe.seed}"


def _arguments(call: Call) -> dict[str, Any]:
    return {field.name: getattr(call, field.name) for field in fields(call)}


def _call_json(call: Call) -> dict[str, Any]:
    return {"kind": WORDS[type(call)], **_arguments(call)}


def _calls_text(*calls: Call) -> str:
    return ", ".join(_call_text(WORDS[type(call)], _arguments(call)) for call in calls)


def _call_text(word: str, arguments: dict[str, Any]) -> str:
    inside = ", ".join(f"{name} = {_value_text(value)}" for name, value in arguments.items())
    return f"{word}({inside})" if inside else word


def _value_text(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return f"[{', '.join(map(_value_text, value))}]"
        case str():
            return f'"{value}"'
        case _:
            return str(value)
