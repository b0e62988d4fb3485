"""Between canonical arrays and the tensors of a module, which have the same names and layout."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from resdsl.backend import Array
from resdsl.weights.check import check_exact

COUNTER = "num_batches_tracked"  # How many batches a norm has seen: not canonical, and nothing depends on it.


def arrays(module: nn.Module) -> dict[str, Array]:
    """Copies of the parameters and statistics of `module`, as float32."""
    return {name: np.array(tensor.cpu().float().numpy(), order="C") for name, tensor in live_tensors(module).items()}


def fill(module: nn.Module, weights: Mapping[str, Array]) -> None:
    """Copies `weights` into the tensors of `module`; raises KeyError or ValueError before anything changes."""
    tensors = live_tensors(module)
    _check(tensors, weights)
    for name, tensor in tensors.items():
        tensor.copy_(_tensor(weights[name]))


def materialize(module: nn.Module, weights: Mapping[str, Array]) -> None:
    """Gives a module on the meta device copies of `weights` for tensors (KeyError, ValueError)."""
    _check(live_tensors(module), weights)
    state = {name: _tensor(weights[name]) if name in weights else torch.tensor(0) for name in module.state_dict()}
    module.load_state_dict(state, assign=True)


def live_tensors(module: nn.Module) -> dict[str, Tensor]:
    """The live parameters and statistics, detached."""
    return {name: tensor for name, tensor in module.state_dict().items() if not name.endswith(COUNTER)}


def _check(tensors: Mapping[str, Tensor], weights: Mapping[str, Array]) -> None:
    check_exact({name: tuple(tensor.shape) for name, tensor in tensors.items()}, weights)


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(np.array(array, np.float32, order="C"))
