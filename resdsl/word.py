"""What is known of a word: what it takes, what holds where something is left out, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, assert_never


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
class Padding:
    """Pixels around a map: as Sides from 0 on, or a list of those before and after it, `[0, 1]`.

    Where it can be `filled`, the word `zero` stands for the usual padding, made of zeros.
    """

    filled: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""


@dataclass(frozen=True, slots=True)
class MomentOf:
    """A place in a run: a step, an epoch or a share of the whole: `400`, `5 epochs`, `5%`."""


@dataclass(frozen=True, slots=True)
class Moments:
    """A list of rising places in a run, or one: `[32k, 48k]`, `[81 epochs, 122 epochs]`, `[50%, 75%]`."""


@dataclass(frozen=True, slots=True)
class Decimals:
    """A list of numbers from 0 on, or one; above 0 where they are `positive`: `[0.49, 0.48, 0.45]`."""

    positive: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the most of something: `[256, 480]`, or one number for both."""


@dataclass(frozen=True, slots=True)
class Names:
    """A list of names, or one, each of a `what` that is declared nearby: `[plain, residual]`."""

    what: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several words, each with what it takes in turn: `batch(eps = 1e-3)`. `what` they are: a norm."""

    what: str
    words: tuple[Word, ...]


Kind = Integer | Decimal | Decimals | Sides | Padding | Flag | MomentOf | Moments | Range | Names | OneOf


@dataclass(frozen=True, slots=True)
class Choice:
    """A word that was chosen among several, with the values of what it takes: `batch(eps = 1e-3)`."""

    word: str
    values: tuple[tuple[str, Any], ...] = ()


class _Missing:
    """In place of a default: it has to be given, or something else decides."""

    def __repr__(self) -> str:
        return "…"


NONE: Final = "none"  # the word for the absence of what else could be chosen
REQUIRED: Final = _Missing()  # it has to be given
DERIVED: Final = _Missing()  # what it is where it is left out depends on the others


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a word, with a line of `meaning`.

    `default` is a value: a Choice, where the kind is OneOf. `what` it is called in a finding; `sample` is a value to show
    to a reader, where the default shows nothing. One that is `named` has to be given by its name.
    """

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
    def otherwise(self) -> Any:
        """Its value where nothing is given: None, where that depends on the others."""
        return None if self.default is DERIVED else self.default

    @property
    def is_number(self) -> bool:
        """Whether arithmetic can stand for it."""
        return isinstance(self.kind, Integer | Decimal | Sides | Padding)

    @property
    def choices(self) -> tuple[Word, ...]:
        """The words that can stand for it."""
        match self.kind:
            case OneOf(words=words):
                return words
            case Flag():
                return FLAGS
            case Padding(filled=True):
                return (ZERO,)
            case Padding() | Integer() | Decimal() | Decimals() | Sides() | MomentOf() | Moments() | Range() | Names():
                return ()
            case _:
                assert_never(self.kind)

    @property
    def syntax(self) -> str:
        """How it is written: `groups = 32`."""
        return f"{self.name} = {self.sample or shown(self.default)}"

    @property
    def usual(self) -> str:
        """How it is written with its default, if it has one."""
        return f"{self.name} = {self.sample if self.required else shown(self.default)}"


STRIDE = Parameter("stride", Sides(), "The distance from one pixel to the next.", DERIVED, "the stride")
REQUIRED_STRIDE = Parameter("stride", Sides(), "The distance from one pixel to the next.", REQUIRED, "the stride")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the language. `stride` is what `/2` gives it.

    Of a layer, `base` is what one without a label is called. One that takes nothing without its first argument is `bare`
    then: a global avgpool. `form` is how the word is written, where its parameters alone do not tell.
    """

    name: str
    meaning: str
    parameters: tuple[Parameter, ...] = ()
    stride: Parameter | None = None
    base: str = ""
    bare: str = ""
    form: str = ""

    @property
    def positional(self) -> tuple[Parameter, ...]:
        """The parameters whose values may stand without their names, in order."""
        return tuple(parameter for parameter in self.parameters if not parameter.named)

    @property
    def named(self) -> tuple[Parameter, ...]:
        """The parameters that have to be given by name."""
        return tuple(parameter for parameter in self.parameters if parameter.named)

    @property
    def syntax(self) -> str:
        """How it is written with all that it takes: `dropout P` for a layer, `group(groups = 32)` for a value."""
        if self.form:
            return self.form
        if not self.base:
            given = ", ".join(parameter.usual for parameter in self.parameters)
            return f"{self.name}({given})" if given else self.name
        stride = ["/STRIDE"] if self.stride else []
        values = [parameter.name.upper() for parameter in self.positional]
        return f"{self.name} {', '.join([*values, *stride, *(each.usual for each in self.named)])}".rstrip()

    @property
    def choice(self) -> Choice:
        """The word with the defaults of all that it takes."""
        return Choice(self.name, tuple((parameter.name, parameter.otherwise) for parameter in self.parameters))

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)

    def takes(self) -> str:
        """`conv takes kernel, filters, /stride, groups = …`."""
        parts = [
            *(parameter.name for parameter in self.positional),
            *(["/stride"] if self.stride else []),
            *(f"{parameter.name} = …" for parameter in self.named),
        ]
        return f"{self.name} takes {', '.join(parts)}" if parts else f"{self.name} takes no arguments"


TRUE = Word("true", "Yes.")
ZERO = Word("zero", "Zeros, that count as pixels.")
FLAGS = (TRUE, Word("false", "No."))


def shown(value: Any) -> str:
    """A value as it is written: `false`, `1e-5`, `[256, 480]`, `he(mode = fan_out)`."""
    match value:
        case bool():
            return str(value).lower()
        case float() if 0 < value < 1e-3:
            mantissa, exponent = f"{value:e}".split("e")
            return f"{float(mantissa):g}e{int(exponent)}"
        case float():
            return f"{value:g}"
        case tuple():
            return f"[{', '.join(map(shown, value))}]"
        case Choice(word=word, values=values):
            given = ", ".join(f"{name} = {shown(each)}" for name, each in values)
            return f"{word}({given})" if given else word
        case _:
            return str(value)
