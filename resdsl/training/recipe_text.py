"""A recipe as a `train` section: what is printed when a run begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from resdsl.ir.recipe import (
    CONSTANT_RISE,
    LINEAR_RISE,
    WHOLE_BATCH,
    Augmentation,
    Optimizer,
    Recipe,
    Schedule,
    Warmup,
)


def recipe_text(recipe: Recipe) -> str:
    """The `train` section that means `recipe`."""
    return "train {\n" + "".join(f"  {entry}\n" for entry in _entries(recipe)) + "}"


def _entries(recipe: Recipe) -> Iterator[str]:
    if recipe.data:
        yield f"data {_call(recipe.data.name, recipe.data.options)}"
    if recipe.augment:
        yield f"augment {', '.join(map(_by_kind, recipe.augment))}"
    yield f"batch {recipe.batch}"
    yield f"steps {recipe.steps}" if recipe.steps else f"epochs {recipe.epochs}"
    yield f"optimizer {_call(recipe.optimizer.WORD.name, _given(recipe.optimizer))}"
    warmup = f", {_warmup(recipe.warmup)}" if recipe.warmup else ""
    yield f"schedule {_by_kind(recipe.schedule)}{warmup}"
    yield f"loss {_call('cross_entropy', {'label_smoothing': recipe.label_smoothing})}"
    yield from (f"{name} {value}" for name, value in (("clip", recipe.clip), ("ema", recipe.ema)) if value is not None)
    if recipe.statistics != WHOLE_BATCH.name:
        yield f"statistics {recipe.statistics}"
    yield f"seed {recipe.seed}"


def _by_kind(value: Augmentation | Schedule) -> str:
    return _call(value.kind, {name: given for name, given in _given(value).items() if name != "kind"})


def _warmup(warmup: Warmup) -> str:
    rise = LINEAR_RISE if warmup.linear else CONSTANT_RISE
    return f"warmup({rise.name}, lr = {warmup.lr}, steps = {warmup.steps})"


def _given(value: Augmentation | Schedule | Optimizer) -> dict[str, object]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _call(word: str, arguments: Mapping[str, object]) -> str:
    inside = ", ".join(f"{name} = {_literal(value)}" for name, value in arguments.items())
    return f"{word}({inside})" if inside else word


def _literal(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return f"[{', '.join(map(_literal, value))}]"
        case str():
            return f'"{value}"'
        case _:
            return str(value)
