"""Layers that are made of others: their weights and costs are those of their parts."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from resdsl.codes import N003
from resdsl.diagnostics import Span
from resdsl.ir.layers.act import Act, Activation, PRelu, act_of
from resdsl.ir.layers.conv import Conv
from resdsl.ir.layers.evo_norm import EvoNorm
from resdsl.ir.layers.layer import BaseLayer, Given, Unsound, Weight
from resdsl.ir.layers.linear import Linear
from resdsl.ir.layers.norm import BatchNorm, GroupNorm, batch_or_group
from resdsl.ir.layers.window import same_padding
from resdsl.ir.shape import Pair, Shape

Norm = BatchNorm | GroupNorm
Part = Conv | Norm | Act | PRelu | Linear


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite(BaseLayer):
    """A layer made of others, which a source hands to its class one after another: None for one that is left out."""

    @property
    @abstractmethod
    def parts(self) -> tuple[Part | None, ...]:
        """The layers in it, each with its name inside it, in canonical order."""

    @property
    def weights(self) -> tuple[Weight, ...]:
        return tuple(
            weight._replace(name=f"{part.name}.{weight.name}")
            for part in self.parts
            if part is not None
            for weight in part.weights
        )

    @property
    def macs(self) -> int:
        return sum(part.macs for part in self.parts if part is not None)

    @property
    def is_companion(self) -> bool:
        return False

    @property
    def is_gate(self) -> bool:
        return False

    @property
    def is_global_average(self) -> bool:
        return False

    @property
    def keeps_shift(self) -> bool:
        return False

    @property
    def overwritable(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Parts:
    """Makes the parts of one layer, with the norm and activation that are set where it stands."""

    given: Given

    def conv(
        self, name: str, arrives: Shape, filters: int, kernel: Pair = (1, 1), stride: Pair = (1, 1), groups: int = 1,
        dilation: int = 1, bias: bool = False,
    ) -> Conv:  # fmt: skip
        """A conv that is padded as usual."""
        values = {
            "kernel": kernel, "filters": filters, "stride": stride, "groups": groups, "dilation": dilation, "bias": bias,
            "pad": (same_padding(kernel, dilation),) * 2, "standardize": None,
        }  # fmt: skip
        return Conv.make(Given("conv", name, arrives, self._span, values))

    def norm(self, name: str, arrives: Shape) -> Norm | None:
        """The norm that is set; raises Unsound for one that is an activation, too."""
        choice = self.given.norm
        if choice is None:
            return None
        if choice.word == EvoNorm.WORDS[0].name:
            message = f"{self.given.word} has norms and activations inside, and {choice.word} is both in one"
            raise Unsound(N003, message, "write another norm, or convs of your own")
        return batch_or_group(Given(choice.word, name, arrives, self._span, dict(choice.values)))

    def act(self, name: str, arrives: Shape) -> Act | PRelu | None:
        """The activation that is set."""
        choice = self.given.act
        return act_of(Given(choice.word, name, arrives, self._span, dict(choice.values))) if choice else None

    def relu(self, name: str, arrives: Shape) -> Act:
        """A ReLU, whatever is set."""
        return Act.make(Given(Activation.RELU, name, arrives, self._span, {}))

    def linear(self, name: str, features: int, units: int) -> Linear:
        """A linear layer with a bias."""
        return Linear.make(Given("linear", name, Shape(features, 1, 1), self._span, {"units": units, "bias": True}))

    @property
    def _span(self) -> Span:
        return self.given.span
