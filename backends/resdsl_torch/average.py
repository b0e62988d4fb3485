"""The running average of a module's weights and statistics, and its place in evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain

from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from resdsl_torch.tensors import live_tensors


def averaged(module: nn.Module) -> dict[str, Tensor]:
    """The averages before the first step: copies."""
    return {name: tensor.clone() for name, tensor in live_tensors(module).items()}


def follow(averages: Mapping[str, Tensor], module: nn.Module, keep: float) -> None:
    """Moves the averages towards what `module` holds: of what they were, they keep the share `keep`."""
    live = list(live_tensors(module).values())
    get_ema_multi_avg_fn(keep)(list(averages.values()), live, 0)  # type: ignore[no-untyped-call]


@contextmanager
def in_place(module: nn.Module, averages: Mapping[str, Tensor]) -> Iterator[None]:
    """Has the averages, if there are any, stand in for what `module` holds; its own memory stays as it is."""
    held = chain(module.named_parameters(), module.named_buffers())
    live = {name: tensor for name, tensor in held if name in averages}
    own = {name: tensor.data for name, tensor in live.items()}
    for name, tensor in live.items():
        tensor.data = averages[name]
    yield
    for name, tensor in live.items():
        tensor.data = own[name]
