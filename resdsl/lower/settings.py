"""What holds for a network or a stage, and how it is read from statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from resdsl.clean import clean
from resdsl.codes import N003, N010
from resdsl.diagnostics import Span
from resdsl.ir.expression import Real
from resdsl.ir.join import JOINS
from resdsl.ir.layers import ACTS, NORMS, DropPath
from resdsl.ir.network import Init
from resdsl.ir.order import RAW, Order
from resdsl.language.words import ALWAYS, ATTENTIONS, DOWNSAMPLINGS, INIT, ORDERS, WEIGHTS
from resdsl.lower.bind import bind, chosen, read_kind, values
from resdsl.lower.evaluate import UNKNOWN, Scope, unknown
from resdsl.lower.mistake import mistake
from resdsl.syntax import ast
from resdsl.word import NONE, Choice, OneOf


@dataclass(frozen=True, slots=True)
class ShortcutChoice:
    """The shortcut's name; `none` is a plain network, and `always` puts it next to every block.

    Where it is written (`name`, `span`) makes no difference.
    """

    kind: str
    always: bool
    name: ast.Name = field(compare=False)
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class AttentionChoice:
    """A layer for the end of each branch, which each block reads anew: its arguments may speak of `in` and `out`."""

    value: ast.Value
    names: tuple[tuple[str, Real], ...]
    scope: Scope = field(compare=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a stage may set for itself. Without a `shortcut` setting, blocks keep the identity.

    `downsampling` is None where convs stride themselves; `standardize` is what is added to the variance of weights.
    """

    order: Order = Order.POST
    shortcut: ShortcutChoice | None = None
    join: Choice = JOINS.words[0].choice
    attention: AttentionChoice | None = None
    drop_path: float = 0.0
    norm: Choice | None = NORMS[0].choice
    act: Choice | None = ACTS[0].choice
    init: Init = Init()  # noqa: RUF009 - frozen
    first_raw: bool = False
    downsampling: Choice | None = None
    standardize: float | None = None


Reader = Callable[[ast.Statement, Scope], Mapping[str, Any]]
"""What a statement changes."""


def with_setting(settings: Settings, statement: ast.Statement, scope: Scope) -> Settings:
    """`settings` with one statement's change; raises Mistake."""
    if statement.label:
        remedy = "remove the label: only layers have one"
        raise mistake(N010, statement.label.span, f"the setting {statement.keyword.id} has a label", remedy)
    return replace(settings, **READERS[statement.keyword.id](statement, scope))


def single(statement: ast.Statement) -> ast.Positional:
    """The one value of a setting."""
    name, items = statement.keyword.id, statement.items
    if not items:
        raise mistake(N003, statement.span, f"{name} needs a value", f"write {name} …")
    if len(items) > 1 or not isinstance(items[0], ast.Positional):
        given = str(len(items)) if len(items) > 1 else "a named argument"
        raise mistake(N003, statement.span, f"{name} takes one value, got {given}", "write one value")
    return items[0]


def value_of(statement: ast.Statement) -> ast.Value:
    """The one value of a setting that takes no further word."""
    item = single(statement)
    if item.word is not None:
        raise mistake(N003, item.word.span, f"{statement.keyword.id} takes one value", "remove what follows it")
    return item.value


def text_of(statement: ast.Statement) -> str:
    """The text that a setting takes, on one line."""
    value, name = value_of(statement), statement.keyword.id
    if not isinstance(value, ast.String):
        raise mistake(N003, value.span, f"{name} takes a text", f'write {name} "…"')
    return clean(" ".join(value.text.split()))


def _one_of(kind: OneOf) -> Reader:
    return lambda statement, scope: {kind.what: read_kind(kind, value_of(statement), scope, kind.what)}


def _order(statement: ast.Statement, scope: Scope) -> dict[str, Any]:
    word, given = chosen(ORDERS, value_of(statement), scope)
    first = given.get("first")
    return {"order": Order[word.name.upper()], "first_raw": first is not None and first.word == RAW.name}


def _downsampling(statement: ast.Statement, scope: Scope) -> dict[str, Any]:
    word, given = chosen(DOWNSAMPLINGS, value_of(statement), scope)
    strided = word is DOWNSAMPLINGS.words[0]
    return {"downsampling": None if strided else Choice(word.name, tuple(given.items()))}


def _weights(statement: ast.Statement, scope: Scope) -> dict[str, Any]:
    return {"standardize": chosen(WEIGHTS, value_of(statement), scope)[1].get("eps")}


def _shortcut(statement: ast.Statement, scope: Scope) -> dict[str, Any]:
    item = single(statement)
    if not isinstance(item.value, ast.Name):
        raise mistake(
            N003,
            item.value.span,
            "expected the name of a shortcut",
            f"write its name, for example projection, or {NONE}",
        )
    if item.word is not None and (not isinstance(item.word, ast.Name) or item.word.id != ALWAYS.name):
        given = item.word if isinstance(item.word, ast.Name) else ast.Name(item.word.text, item.word.span)
        raise unknown(given, (ALWAYS.name,), "word", scope)
    return {"shortcut": ShortcutChoice(item.value.id, item.word is not None, item.value, item.span)}


def _attention(statement: ast.Statement, scope: Scope) -> dict[str, Any]:
    value = value_of(statement)
    # Once without a block, for what is wrong wherever it stands.
    word, _ = chosen(ATTENTIONS, value, scope.extended({"in": UNKNOWN, "out": UNKNOWN}))
    return {"attention": None if word.name == NONE else AttentionChoice(value, tuple(scope.values.items()), scope)}


def _drop_path(statement: ast.Statement, scope: Scope) -> dict[str, Any]:
    (word,) = DropPath.WORDS
    return {"drop_path": values(word, bind(word, statement.items, statement.span, scope), scope)["p"]}


def _init(statement: ast.Statement, scope: Scope) -> dict[str, Any]:
    given = values(INIT, bind(INIT, statement.items, statement.span, scope), scope)
    ((_, mode),) = given["distribution"].values
    return {"init": Init(mode.word, given["zero_last_norm"])}


# A reader for each setting that a stage may have, too.
READERS: dict[str, Reader] = {
    "order": _order,
    "shortcut": _shortcut,
    "join": _one_of(JOINS),
    "attention": _attention,
    "drop_path": _drop_path,
    "norm": _one_of(OneOf("norm", NORMS)),
    "act": _one_of(OneOf("act", ACTS)),
    "init": _init,
    "downsampling": _downsampling,
    "weights": _weights,
}
