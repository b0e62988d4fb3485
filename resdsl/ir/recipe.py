"""How a network is to be trained: the `train` section, resolved and typed.

Plain values: the runner (`resdsl.train`) gives them their meaning.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from resdsl.ir.data import DATA_SETS
from resdsl.ir.moment import Length, Moment, step_of
from resdsl.word import DERIVED, Decimal, Decimals, Flag, Integer, MomentOf, Moments, OneOf, Parameter, Range, Word

Option = float | int | bool | str | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DataChoice:
    """`data cifar10(mean = […])`: the name of a data set and its options."""

    name: str
    options: dict[str, Option] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PadCrop:
    """Pads `padding` zero pixels on every side and takes a random crop of the original size (He et al. 2016, 4.2)."""

    padding: int = 4
    kind: Literal["pad_crop"] = "pad_crop"

    WORD: ClassVar = Word(
        "pad_crop",
        "Pads with zeros and takes a random crop (He et al. 2016, Section 4.2).",
        (Parameter("padding", Integer(), "Zero pixels on each side.", 4, "the padding"),),
    )


@dataclass(frozen=True, slots=True)
class Flip:
    """Mirrors half of the images left to right."""

    kind: Literal["flip"] = "flip"

    WORD: ClassVar = Word("flip", "Mirrors half of the images left to right.")


@dataclass(frozen=True, slots=True)
class ScaleCrop:
    """Scales the shorter side to a random length in `shorter` and crops `size` pixels (He et al. 2016, 3.4)."""

    size: int
    shorter: tuple[int, int] = (256, 480)
    kind: Literal["scale_crop"] = "scale_crop"

    WORD: ClassVar = Word(
        "scale_crop",
        "Scales the shorter side to a random length and takes a random crop (He et al. 2016, Section 3.4).",
        (
            Parameter("size", Integer(), "The side of the crop.", what="the size", sample="224"),
            Parameter("shorter", Range(), "The range of the shorter side.", (256, 480), "a side", named=True),
        ),
    )


@dataclass(frozen=True, slots=True)
class RandomResizedCrop:
    """Takes a part of the image, of any share of its area from `least` on, and brings it to `size` pixels a side.

    Its sides are as 3 to 4, as 4 to 3, or between (Szegedy et al. 2015, Section 6).
    """

    size: int
    least: float = 0.08
    kind: Literal["random_resized_crop"] = "random_resized_crop"

    WORD: ClassVar = Word(
        "random_resized_crop",
        "Takes a random part of the image and scales it to one size (Szegedy et al. 2015, Section 6).",
        (
            Parameter("size", Integer(), "The side of the crop.", what="the size", sample="224"),
            Parameter(
                "least", Decimal(below=1.0), "The least share of the image's area that is taken.", 0.08, named=True
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class Color:
    """Shifts the colours of each image along their principal components, by normal draws of `std`.

    Krizhevsky et al. 2012, Section 4.1; so in He et al. 2016, 3.4. The components are those of ImageNet's pixels.
    """

    std: float = 0.1
    kind: Literal["color"] = "color"

    WORD: ClassVar = Word(
        "color",
        "Shifts each image's colours along their principal components (Krizhevsky et al. 2012, Section 4.1).",
        (Parameter("std", Decimal(), "The standard deviation of the shifts.", 0.1),),
    )


# What brings images of many sizes to one, and comes first; what is done to images of one size.
Framing = ScaleCrop | RandomResizedCrop
Change = PadCrop | Flip | Color
Augmentation = Framing | Change


@dataclass(frozen=True, slots=True)
class Sgd:
    """PyTorch's SGD: the decay joins the gradient before the momentum, which starts as the first gradient.

    `decay_all = False` leaves norms and biases out of the weight decay.
    """

    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 1e-4
    nesterov: bool = False
    decay_all: bool = True

    WORD: ClassVar = Word(
        "sgd",
        "Stochastic gradient descent with momentum.",
        (
            Parameter("lr", Decimal(), "The learning rate.", 0.1),
            Parameter("momentum", Decimal(below=1.0), "The momentum.", 0.9),
            Parameter("weight_decay", Decimal(), "The decay, which joins the gradient before the momentum.", 1e-4),
            Parameter("nesterov", Flag(), "Nesterov's momentum.", False, sample="true"),
            Parameter("decay_all", Flag(), "Whether norms and biases decay too.", True, sample="false"),
        ),
    )

    @property
    def slots(self) -> tuple[str, ...]:
        """What is kept of each parameter from step to step."""
        return ("momentum",) if self.momentum else ()


@dataclass(frozen=True, slots=True)
class AdamW:
    """PyTorch's AdamW: Adam (Kingma and Ba 2015) whose decay shrinks the weights by itself (Loshchilov and Hutter 2019).

    `betas` are those of the means of the gradient and of its square. `decay_all = False` leaves norms and biases out of
    the weight decay.
    """

    lr: float = 1e-3
    betas: tuple[float, ...] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 1e-2
    decay_all: bool = True

    WORD: ClassVar = Word(
        "adamw",
        "Adam with a weight decay of its own (Loshchilov and Hutter 2019).",
        (
            Parameter("lr", Decimal(), "The learning rate.", 1e-3),
            Parameter("betas", Decimals(), "How slowly the means of gradients and squares change.", (0.9, 0.999)),
            Parameter("eps", Decimal(), "What is added to the root of the squares.", 1e-8),
            Parameter("weight_decay", Decimal(), "The decay, a share of the weights at the rate of each step.", 1e-2),
            Parameter("decay_all", Flag(), "Whether norms and biases decay too.", True, sample="false"),
        ),
    )

    @property
    def slots(self) -> tuple[str, ...]:
        """What is kept of each parameter from step to step; `count` is one number, how many steps were taken."""
        return ("mean", "square", "count")


Optimizer = Sgd | AdamW

_FACTOR = Parameter("factor", Decimal(below=1), "What the rate is multiplied by.", 0.1, "the factor", named=True)


@dataclass(frozen=True, slots=True)
class StepSchedule:
    """The rate is multiplied by `factor` at each moment of `at`."""

    at: tuple[Moment, ...]
    factor: float = 0.1
    kind: Literal["step"] = "step"

    WORD: ClassVar = Word(
        "step",
        "Multiplies the rate by `factor` at each place of `at`.",
        (
            Parameter(
                "at",
                Moments(),
                "Where the rate falls: steps, `81 epochs`, or `50%`.",
                what="a step",
                sample="[32k, 48k]",
            ),
            _FACTOR,
        ),
    )

    def share(self, step: int, length: Length, drops: int, begin: int) -> float:
        """What of the first rate is left at `step` (from 0) of a run of this `length`.

        A plateau has fallen `drops` times; the rate had risen at the step `begin`.
        """
        return self.factor ** sum(step >= step_of(drop, length) for drop in self.at)


@dataclass(frozen=True, slots=True)
class PlateauSchedule:
    """The rate is multiplied by `factor` when the test error has not fallen for `patience` epochs."""

    factor: float = 0.1
    patience: int = 10
    kind: Literal["plateau"] = "plateau"

    WORD: ClassVar = Word(
        "plateau",
        "Multiplies the rate by `factor` once the test error has not fallen for `patience` epochs.",
        (
            _FACTOR,
            Parameter("patience", Integer(), "Epochs to wait for a better test error.", 10, "the patience", named=True),
        ),
    )

    def share(self, step: int, length: Length, drops: int, begin: int) -> float:
        """What of the first rate is left."""
        return self.factor**drops


@dataclass(frozen=True, slots=True)
class CosineSchedule:
    """The rate falls to zero along half a cosine over the whole run, or what a linear warm-up leaves of it."""

    kind: Literal["cosine"] = "cosine"

    WORD: ClassVar = Word("cosine", "Half a cosine from the first rate to zero.")

    def share(self, step: int, length: Length, drops: int, begin: int) -> float:
        """What of the first rate is left."""
        return (1 + math.cos(math.pi * (step - begin) / max(1, length.total - begin))) / 2


@dataclass(frozen=True, slots=True)
class ConstantSchedule:
    """The rate stays."""

    kind: Literal["constant"] = "constant"

    WORD: ClassVar = Word("constant", "The rate stays.")

    def share(self, step: int, length: Length, drops: int, begin: int) -> float:
        """What of the first rate is left."""
        return 1.0


Schedule = StepSchedule | PlateauSchedule | CosineSchedule | ConstantSchedule


CONSTANT_RISE = Word("constant", "The rate stays at `lr`; the schedule goes on beneath.")
LINEAR_RISE = Word("linear", "The rate rises from `lr` to the optimizer's; a cosine begins after it.")
RISES = OneOf("kind of warm-up", (CONSTANT_RISE, LINEAR_RISE))


@dataclass(frozen=True, slots=True)
class Warmup:
    """The rate is `lr` up to the moment `steps` (He et al. 2016, 4.2, ResNet-110), or rises from it, if `linear`.

    While it rises, it comes nearer to the schedule's first rate by the same amount each step (Goyal et al. 2017, 2.2).
    """

    lr: float
    steps: Moment
    linear: bool = False

    WORD: ClassVar = Word(
        "warmup",
        "A lower rate for the first steps: constant, or one that rises.",
        (
            Parameter("rise", RISES, "Whether it rises; without `lr` it does.", DERIVED, sample="linear"),
            Parameter("lr", Decimal(), "The first rate; 0 where it rises.", DERIVED, sample="0.01", named=True),
            Parameter(
                "steps",
                MomentOf(),
                "How long: steps, `5 epochs`, or `5%`.",
                DERIVED,
                "the length of the warm-up",
                named=True,
                sample="400",
            ),
            Parameter(
                "epochs", Integer(), "The same in epochs; not together with `steps`.", DERIVED, named=True, sample="5"
            ),
        ),
        form="warmup(lr = 0.01, steps = 400)",
    )


CROSS_ENTROPY = Word(
    "cross_entropy",
    "Cross entropy of the softmax.",
    (
        Parameter(
            "label_smoothing", Decimal(below=1), "How much of the target is spread over all classes.", 0.0,
            named=True, sample="0.1",
        ),
    ),
)  # fmt: skip
# By word: a new kind of either is a class, and its place here and in the union.
AUGMENTATION_KINDS: dict[str, type[Augmentation]] = {
    kind.WORD.name: kind for kind in (PadCrop, Flip, ScaleCrop, RandomResizedCrop, Color)
}
OPTIMIZER_KINDS: dict[str, type[Optimizer]] = {kind.WORD.name: kind for kind in (Sgd, AdamW)}
SCHEDULE_KINDS: dict[str, type[Schedule]] = {
    kind.WORD.name: kind for kind in (StepSchedule, PlateauSchedule, CosineSchedule, ConstantSchedule)
}
DATA_CHOICES = OneOf("data set", tuple(data_set.word for data_set in DATA_SETS))
AUGMENTATIONS = OneOf("augmentation", tuple(kind.WORD for kind in AUGMENTATION_KINDS.values()))
OPTIMIZERS = OneOf("optimizer", tuple(kind.WORD for kind in OPTIMIZER_KINDS.values()))
SCHEDULES = OneOf("schedule", (*(kind.WORD for kind in SCHEDULE_KINDS.values()), Warmup.WORD))
LOSSES = OneOf("loss", (CROSS_ENTROPY,))
WHOLE_BATCH = Word("batch", "The whole batch, on however many devices: what one device computes.")
OWN_SHARE = Word("device", "What each device has of it, as in He et al. 2016, on eight GPUs.")
STATISTICS = OneOf("statistics of batch norms", (WHOLE_BATCH, OWN_SHARE))


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole `train` section. `batch` is the global batch; the length is `steps` or `epochs`, never both.

    `clip` is the largest norm that all gradients together may have. `ema` is the share of the averaged weights that each
    step keeps: those are then what is evaluated. `statistics` says what batch norms look at. `frozen` are the modules
    that stay as they are, to the bit, their norms' statistics included; no spec says so, but a call.
    """

    data: DataChoice | None = None
    augment: tuple[Augmentation, ...] = ()
    batch: int = 128
    steps: int | None = None
    epochs: int | None = None
    optimizer: Optimizer = Sgd()
    schedule: Schedule = CosineSchedule()
    warmup: Warmup | None = None
    label_smoothing: float = 0.0
    clip: float | None = None
    ema: float | None = None
    statistics: Literal["batch", "device"] = "batch"
    seed: int = 0
    frozen: tuple[str, ...] | None = None
