"""What every layer does alike in a step, done to all at once: on a GPU, each of these is otherwise a kernel of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@final
class Together:
    """The norms' counters of `module`; where `halved`, also the weights that autocast would make bfloat16 one by one.

    The bits are those of the module by itself.
    """

    def __init__(self, module: nn.Module, halved: bool) -> None:
        norms = [layer for layer in module.modules() if isinstance(layer, _BatchNorm)]
        self._norms = [norm for norm in norms if norm.momentum is not None and norm.num_batches_tracked is not None]
        layers = [layer for layer in module.modules() if type(layer) in (nn.Conv2d, nn.Linear)] if halved else []
        self._places = [(layer, name) for layer in layers for name, own in layer._parameters.items() if own is not None]
        self._wholes = list({id(own): own for own in map(_parameter, self._places)}.values())

    @contextmanager
    def step(self) -> Iterator[None]:
        """A forward and a backward pass; the gradients are added to those of the module's own parameters."""
        halves = [
            nn.Parameter(torch.empty_like(whole, dtype=torch.bfloat16), whole.requires_grad) for whole in self._wholes
        ]
        own = {id(whole): half for whole, half in zip(self._wholes, halves, strict=True)}
        kept = [_parameter(place) for place in self._places]
        counters = [norm.num_batches_tracked for norm in self._norms if norm.num_batches_tracked is not None]
        with torch.no_grad():
            if halves:
                torch._foreach_copy_([*halves], [*self._wholes])
            for (layer, name), whole in zip(self._places, kept, strict=True):
                layer._parameters[name] = own[id(whole)]
            for norm in self._norms:
                norm.num_batches_tracked = None
        try:
            yield
        finally:
            for (layer, name), whole in zip(self._places, kept, strict=True):
                layer._parameters[name] = whole
            for norm, counter in zip(self._norms, counters, strict=True):
                norm.num_batches_tracked = counter
        if counters:
            torch._foreach_add_(counters, 1)
        _take_gradients(self._wholes, halves)


def _parameter(place: tuple[nn.Module, str]) -> nn.Parameter:
    layer, name = place
    parameter = layer._parameters[name]
    assert parameter is not None
    return parameter


@torch.no_grad()
def _take_gradients(wholes: list[nn.Parameter], halves: list[nn.Parameter]) -> None:
    given: list[tuple[nn.Parameter, Tensor]] = [
        (whole, half.grad) for whole, half in zip(wholes, halves, strict=True) if half.grad is not None
    ]
    if not given:
        return
    found = [torch.empty_like(whole) for whole, _ in given]
    torch._foreach_copy_(found, [gradient for _, gradient in given])
    for (whole, _), gradient in zip(given, found, strict=True):
        whole.grad = gradient if whole.grad is None else whole.grad.add_(gradient)
