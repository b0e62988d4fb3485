"""Zero channels added (option A)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.codes import N004
from resdsl.ir.expression import Number, Operation, Variable
from resdsl.ir.layers.layer import Box, Details, Given, Pointwise, Quantity, Unsound, Weightless
from resdsl.word import Flag, Integer, Parameter, Word

_EXTRA = Operation("-", Variable("padded"), Variable("channels"))


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class PadChannels(Weightless, Pointwise):
    """Adds zero channels, `before` and `after` the existing ones."""

    op: Literal["pad_channels"] = "pad_channels"
    before: int = 0
    after: int = 0

    WORDS: ClassVar = (
        Word(
            "pad_channels",
            "Adds zero channels up to CHANNELS, after the existing ones, or half before and half after.",
            (
                Parameter("channels", Integer(), "The channels that leave.", what="the number of channels"),
                Parameter(
                    "centered", Flag(), "Half of the zero channels before, half after.", False, named=True,
                    sample="true",
                ),
            ),
            base="pad_channels",
        ),
    )  # fmt: skip
    SAMPLES: ClassVar = ("pad_channels 12", "pad_channels 11, centered = true")
    QUANTITIES: ClassVar = (
        Quantity("padded", written="channels"),
        Quantity("before", absent=0, usual=(Number(0), Operation("//", _EXTRA, Number(2)))),
        Quantity(
            "after",
            absent=0,
            usual=(_EXTRA, Operation("//", Operation("+", _EXTRA, Number(1)), Number(2))),
        ),
    )
    LEAVES: ClassVar = "padded"

    @classmethod
    def make(cls, given: Given) -> Self | None:
        channels, arrive = given["channels"], given.input.channels
        extra = channels - arrive
        if extra < 0:
            found = f"{arrive} channels arrive, more than {channels}"
            raise Unsound(N004, found, "only more channels can be padded to: use projection")
        if not extra:
            return None
        before = extra // 2 if given["centered"] else 0
        return cls(**given.common(given.input._replace(channels=channels)), before=before, after=extra - before)

    @property
    def padded(self) -> int:
        """The channels that leave."""
        return self.output.channels

    @property
    def word(self) -> str:
        return "pad_channels"

    @property
    def text(self) -> str:
        return f"zero-pad to {self.padded}"

    @property
    def details(self) -> Details:
        return ()

    @property
    def box(self) -> Box:
        return "other"

    @property
    def is_companion(self) -> bool:
        return False

    @property
    def keeps_shift(self) -> bool:
        return False

    @property
    def overwritable(self) -> bool:
        return True
