"""How a network is to be trained: the `train` section, resolved and typed.

Plain values: the runner (`resdsl.train`) gives them their meaning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Flip:
    """Mirrors half of the images left to right."""

    kind: Literal["flip"] = "flip"


@dataclass(frozen=True, slots=True)
class ScaleCrop:
    """Scales the shorter side to a random length in `shorter` and crops `size` pixels (He et al. 2016, 3.4)."""

    size: int
    shorter: tuple[int, int] = (256, 480)
    kind: Literal["scale_crop"] = "scale_crop"


Augmentation = PadCrop | Flip | ScaleCrop


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


@dataclass(frozen=True, slots=True)
class StepSchedule:
    """The rate is multiplied by `factor` at each step of `at`."""

    at: tuple[int, ...]
    factor: float = 0.1
    kind: Literal["step"] = "step"


@dataclass(frozen=True, slots=True)
class PlateauSchedule:
    """The rate is multiplied by `factor` when the test error has not fallen for `patience` epochs."""

    factor: float = 0.1
    patience: int = 10
    kind: Literal["plateau"] = "plateau"


@dataclass(frozen=True, slots=True)
class CosineSchedule:
    """The rate falls to zero along half a cosine over the whole run."""

    kind: Literal["cosine"] = "cosine"


@dataclass(frozen=True, slots=True)
class ConstantSchedule:
    """The rate stays."""

    kind: Literal["constant"] = "constant"


Schedule = StepSchedule | PlateauSchedule | CosineSchedule | ConstantSchedule


@dataclass(frozen=True, slots=True)
class Warmup:
    """The rate is `lr` for the first `steps` steps (He et al. 2016, 4.2, ResNet-110)."""

    lr: float
    steps: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole `train` section. `batch` is the global batch; the length is `steps` or `epochs`, never both."""

    data: DataChoice | None = None
    augment: tuple[Augmentation, ...] = ()
    batch: int = 128
    steps: int | None = None
    epochs: int | None = None
    optimizer: Sgd = Sgd()
    schedule: Schedule = CosineSchedule()
    warmup: Warmup | None = None
    label_smoothing: float = 0.0
    seed: int = 0
