"""What holds for a network or a stage: order, shortcut, norm, act, init; and their reading from statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from resdsl.codes import N003, N010
from resdsl.diagnostics import Span
from resdsl.ir.bind import Signature, bind
from resdsl.ir.evaluate import Scope, decimal, flag, integer, unknown, word
from resdsl.ir.graph import Init, Order
from resdsl.ir.mistake import mistake
from resdsl.syntax import ast

ORDERS: tuple[Order, ...] = get_args(Order)


@dataclass(frozen=True, slots=True)
class NormChoice:
    """`batch(eps, momentum)` or `group(groups)`."""

    kind: Literal["batch", "group"] = "batch"
    eps: float = 1e-5
    momentum: float = 0.1
    groups: int = 32


@dataclass(frozen=True, slots=True)
class ActChoice:
    """`relu`, `gelu`, `silu` or `leaky_relu(slope)`."""

    kind: Literal["relu", "gelu", "silu", "leaky_relu"] = "relu"
    slope: float = 0.01


@dataclass(frozen=True, slots=True)
class ShortcutChoice:
    """The shortcut's name; `none` is a plain network, and `always` puts it on every block.

    Where it is written (`name`, `span`) makes no difference.
    """

    kind: str
    always: bool
    name: ast.Name = field(compare=False)
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a stage may set for itself. Without a `shortcut` setting, blocks keep the identity."""

    order: Order = "post"
    shortcut: ShortcutChoice | None = None
    norm: NormChoice | None = NormChoice()
    act: ActChoice | None = ActChoice()
    init: Init = Init()  # noqa: RUF009 - frozen


Reader = Callable[[ast.Statement, Scope], Any]


def with_setting(settings: Settings, statement: ast.Statement, scope: Scope) -> Settings:
    """`settings` with one statement's change; raises Mistake."""
    if statement.label:
        remedy = "remove the label: only layers have one"
        raise mistake(N010, statement.label.span, f"the setting {statement.keyword.id} has a label", remedy)
    return replace(settings, **{statement.keyword.id: READERS[statement.keyword.id](statement, scope)})


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


def read_norm(value: ast.Value, scope: Scope) -> NormChoice | None:
    """`batch(…)`, `group(…)` or `none`."""
    name, items = _call(value)
    match word(name, ("batch", "group", "none"), "norm", scope):
        case "batch":
            bound = bind(Signature("batch", named=("eps", "momentum")), items, value.span, scope)
            eps = decimal(bound["eps"], scope, "eps", least=0) if "eps" in bound else 1e-5
            momentum = decimal(bound["momentum"], scope, "momentum", 0, 1 + 1e-9) if "momentum" in bound else 0.1
            return NormChoice("batch", eps=eps, momentum=momentum)
        case "group":
            bound = bind(Signature("group", ("groups",), named=("eps",)), items, value.span, scope)
            groups = integer(bound["groups"], scope, "groups") if "groups" in bound else 32
            eps = decimal(bound["eps"], scope, "eps", least=0) if "eps" in bound else 1e-5
            return NormChoice("group", eps=eps, groups=groups)
    bind(Signature("none"), items, value.span, scope)
    return None


def read_act(value: ast.Value, scope: Scope) -> ActChoice | None:
    """`relu`, `gelu`, `silu`, `leaky_relu(slope)` or `none`."""
    name, items = _call(value)
    kind = word(name, ("relu", "gelu", "silu", "leaky_relu", "none"), "act", scope)
    named = ("slope",) if kind == "leaky_relu" else ()
    bound = bind(Signature(kind, named), items, value.span, scope)
    slope = decimal(bound["slope"], scope, "slope", below=1) if "slope" in bound else 0.01
    return None if kind == "none" else ActChoice(kind, slope)  # type: ignore[arg-type]  # `word` chose among the kinds


def _call(value: ast.Value) -> tuple[ast.Value, tuple[ast.Item, ...]]:
    return (value.name, value.items) if isinstance(value, ast.Call) else (value, ())


def _order(statement: ast.Statement, scope: Scope) -> str:
    return word(value_of(statement), ORDERS, "order", scope)


def _shortcut(statement: ast.Statement, scope: Scope) -> ShortcutChoice:
    item = single(statement)
    if not isinstance(item.value, ast.Name):
        raise mistake(
            N003, item.value.span, "expected the name of a shortcut", "write identity, pad, projection or none"
        )
    if item.word is not None and (not isinstance(item.word, ast.Name) or item.word.id != "always"):
        given = item.word if isinstance(item.word, ast.Name) else ast.Name(item.word.text, item.word.span)
        raise unknown(given, ("always",), "word", scope)
    return ShortcutChoice(item.value.id, item.word is not None, item.value, item.span)


def _init(statement: ast.Statement, scope: Scope) -> Init:
    signature = Signature("init", ("he",), named=("zero_last_norm",))
    bound = bind(signature, statement.items, statement.span, scope)
    mode = "fan_out"
    if "he" in bound:
        name, items = _call(bound["he"])
        word(name, ("he",), "init", scope)
        modes = bind(Signature("he", named=("mode",)), items, bound["he"].span, scope)
        mode = word(modes["mode"], ("fan_out", "fan_in"), "mode", scope) if "mode" in modes else mode
    zero = "zero_last_norm" in bound and flag(bound["zero_last_norm"], scope, "zero_last_norm")
    return Init(mode, zero)  # type: ignore[arg-type]  # `word` chose among the modes


READERS: dict[str, Reader] = {
    "order": _order,
    "shortcut": _shortcut,
    "norm": lambda statement, scope: read_norm(value_of(statement), scope),
    "act": lambda statement, scope: read_act(value_of(statement), scope),
    "init": _init,
}
SETTINGS = ("title", "cite", "input", *READERS)
