"""What is known of a word: what it takes, what holds where something is left out, and what it means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number from `least` on."""

    least: int = 1


@dataclass(frozen=True, slots=True)
class Decimal:
    """A number in [least, below)."""

    least: float = 0.0
    below: float = float("inf")


@dataclass(frozen=True, slots=True)
class Sides:
    """Rows and columns: `3x5`, or one number for both."""

    least: int = 1


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""


@dataclass(frozen=True, slots=True)
class Integers:
    """A list of rising whole numbers, or one: `[32k, 48k]`."""


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the most of something: `[256, 480]`, or one number for both."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several words, each with what it takes in turn: `batch(eps = 1e-3)`. `what` they are: a norm."""

    what: str
    words: tuple[Word, ...]


Kind = Integer | Decimal | Sides | Flag | Integers | Range | OneOf


@dataclass(frozen=True, slots=True)
class Choice:
    """A word that was chosen among several, with the values of what it takes: `batch(eps = 1e-3)`."""

    word: str
    values: tuple[tuple[str, Any], ...] = ()


class _Missing:
    """In place of a default: it has to be given, or something else decides."""

    def __repr__(self) -> str:
        return "…"


REQUIRED: Final = _Missing()  # it has to be given
DERIVED: Final = _Missing()  # what it is where it is left out depends on the others


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a word. `what` it is called in a finding; `sample` is how it is shown to a reader."""

    name: str
    kind: Kind
    meaning: str
    default: Any = REQUIRED
    what: str = ""
    named: bool = False
    sample: str = ""

    @property
    def title(self) -> str:
        """What findings call it."""
        return self.what or self.name

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @property
    def is_number(self) -> bool:
        """Whether arithmetic can stand for it."""
        return isinstance(self.kind, Integer | Decimal | Sides)


STRIDE = Parameter("stride", Integer(), "The distance from one pixel to the next.", DERIVED, "the stride")
REQUIRED_STRIDE = Parameter("stride", Integer(), "The distance from one pixel to the next.", REQUIRED, "the stride")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the language. `syntax` shows it to a reader with all that it takes; `stride` is what `/2` gives it.

    Of a layer, `base` is what one without a label is called. One that takes nothing without its first argument is `bare`
    then: a global avgpool.
    """

    name: str
    syntax: str
    meaning: str
    parameters: tuple[Parameter, ...] = ()
    stride: Parameter | None = None
    base: str = ""
    bare: str = ""

    @property
    def positional(self) -> tuple[Parameter, ...]:
        """The parameters whose values may stand without their names, in order."""
        return tuple(parameter for parameter in self.parameters if not parameter.named)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)

    def takes(self) -> str:
        """`conv takes kernel, filters, /stride, groups = …`."""
        parts = [
            *(parameter.name for parameter in self.positional),
            *(["/stride"] if self.stride else []),
            *(f"{parameter.name} = …" for parameter in self.parameters if parameter.named),
        ]
        return f"{self.name} takes {', '.join(parts)}" if parts else f"{self.name} takes no arguments"
