"""The text as a tree: one frozen class per construct, each with its place.

Nothing here is resolved or evaluated: names are names, and numbers keep their spelling. `braces` is the place of a
construct's own { … }. A Hole stands for text that could not be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resdsl.diagnostics import Span

# Values ------------------------------------------------------------------------------------------------------------


Operator = Literal["+", "-", "*", "//"]


@dataclass(frozen=True, slots=True)
class Number:
    """`64`, `21_797_672`, `64k`, `1e-4`."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier where it is used or declared."""

    id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`first op operand op operand …`, operators of one precedence, from the left."""

    first: Expression
    rest: tuple[tuple[Operator, Expression], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """`( … )`."""

    inner: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Negative:
    """`- …`."""

    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Size:
    """`3x3`, `3x224x224`."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Moment:
    """`50%`, `81 epochs`."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class String:
    """`"…"`, without its quotes."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class ListValue:
    """`[32k, 48k]`."""

    items: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`basic(64)`, `sgd(lr = 0.1)`."""

    name: Name
    items: tuple[Item, ...]
    span: Span


Expression = Number | Name | Arithmetic | Group | Negative
Value = Expression | Size | Moment | String | ListValue | Call


def listed(value: Value) -> tuple[Value, ...]:
    """The values of a list; another value stands for a list of itself alone."""
    return value.items if isinstance(value, ListValue) else (value,)


@dataclass(frozen=True, slots=True)
class Positional:
    """A value, with the word that may follow it: `projection always`."""

    value: Value
    word: Name | String | None
    span: Span


@dataclass(frozen=True, slots=True)
class Named:
    """`groups = 32`."""

    name: Name
    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Stride:
    """`/2`, or `/2x1` where rows and columns differ."""

    value: Expression | Size
    span: Span


Item = Positional | Named | Stride

# Statements and sections ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Statement:
    """`label: keyword item, item`: a layer, a setting or an entry, by where it stands."""

    label: Name | None
    keyword: Name
    items: tuple[Item, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Hole:
    """A statement or declaration that does not follow the grammar, as it is written."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Allow:
    """`allow D002 "reason"`."""

    rule: Name
    reason: String | None
    span: Span


@dataclass(frozen=True, slots=True)
class Section:
    """`stem { … }`, `head { … }`, `expect { … }` or `train { … }`."""

    kind: str
    statements: tuple[Line, ...]
    braces: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Repeat:
    """`3 x basic(64), /2`; in a stage's body with `settings` of its own in braces, where there are any."""

    count: Expression
    call: Call
    stride: Stride | None
    span: Span
    settings: tuple[Line | Allow, ...] = ()
    braces: Span | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """`stage NAME "title": run { settings }`, or with a body (`braced`): `stage NAME { run; layer; … }`.

    `items` are the runs and, in a body, the statements and allows between them; `settings` stand in the braces of the
    first form.
    """

    name: Name
    title: String | None
    items: tuple[Repeat | Line | Allow, ...]
    settings: tuple[Line | Allow, ...]
    braced: bool
    braces: Span | None
    span: Span


Line = Statement | Hole
Member = Section | Stage | Allow | Line

# Declarations ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter:
    """`n = 3` in a declaration's parentheses."""

    name: Name
    default: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class Use:
    """`use "other.res"`, or `use cifar` for a file that comes with resdsl."""

    path: String
    span: Span
    shipped: bool = False


@dataclass(frozen=True, slots=True)
class BlockDeclaration:
    """`block NAME(params) { units }`: layers, and blocks inside of it."""

    name: Name
    parameters: tuple[Parameter, ...]
    units: tuple[Line | Call, ...]
    braces: Span
    span: Span


@dataclass(frozen=True, slots=True)
class ShortcutDeclaration:
    """`shortcut NAME { layers }`."""

    name: Name
    layers: tuple[Line, ...]
    braces: Span
    span: Span


@dataclass(frozen=True, slots=True)
class NetworkDeclaration:
    """`network NAME(params) { … }`, or derived: `network NAME = BASE(args) { … }`, where the braces may be absent."""

    name: Name
    parameters: tuple[Parameter, ...]
    base: Call | None
    members: tuple[Member, ...]
    braces: Span | None
    span: Span


@dataclass(frozen=True, slots=True)
class Runs:
    """`run plain: cifar_plain(n = [3, 5])`: a network for each value of a list."""

    name: Name
    call: Call
    span: Span


@dataclass(frozen=True, slots=True)
class Published:
    """`published plain(3) 8.75`, or `plain(3) "fails"`; after the first, the word may be left out (`worded`)."""

    worded: bool
    call: Call
    value: Number | String
    span: Span


@dataclass(frozen=True, slots=True)
class Table:
    """`table final(of = test_error) { published … }`, where the braces may be absent."""

    call: Call
    figures: tuple[Published | Hole, ...]
    braces: Span | None
    span: Span


StudyMember = Runs | Section | Table | Line


@dataclass(frozen=True, slots=True)
class StudyDeclaration:
    """`study NAME(params) { … }`."""

    name: Name
    parameters: tuple[Parameter, ...]
    members: tuple[StudyMember, ...]
    braces: Span
    span: Span


Declaration = Use | BlockDeclaration | ShortcutDeclaration | NetworkDeclaration | StudyDeclaration | Hole


@dataclass(frozen=True, slots=True)
class File:
    """One file."""

    path: str
    declarations: tuple[Declaration, ...]
