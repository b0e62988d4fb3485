"""The optimizers of recipes as PyTorch's own, and what they keep of each parameter."""

from __future__ import annotations

from typing import assert_never

import torch
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer as TorchOptimizer

from resdsl.backend import SLOTS
from resdsl.ir.recipe import AdamW, Optimizer, Sgd

# What PyTorch calls the slots.
_KEYS = {"momentum": "momentum_buffer", "mean": "exp_avg", "square": "exp_avg_sq", "count": "step"}


def make_optimizer(module: nn.Module, options: Optimizer) -> TorchOptimizer:
    """The optimizer that `options` describe on the parameters of `module`, with all its slots at zero."""
    match options:
        case Sgd():
            optimizer: TorchOptimizer = torch.optim.SGD(
                _groups(module, options),
                lr=options.lr,
                momentum=options.momentum,
                nesterov=options.nesterov,
                fused=True,
            )
        case AdamW():
            optimizer = torch.optim.AdamW(
                _groups(module, options),
                lr=options.lr,
                betas=(options.betas[0], options.betas[1]),
                eps=options.eps,
                fused=True,
                capturable=any(parameter.is_cuda for parameter in module.parameters()),
            )
        case _:
            assert_never(options)
    for _, parameter in trained(module):
        # A momentum of zero makes the first gradient of it in the first step.
        optimizer.state[parameter] = {_KEYS[slot]: _zeros(slot, parameter) for slot in options.slots}
    return optimizer


def trained(module: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """The parameters that are not frozen, by name."""
    return [(name, parameter) for name, parameter in module.named_parameters() if parameter.requires_grad]


def _zeros(slot: str, parameter: Tensor) -> Tensor:
    return torch.zeros((), device=parameter.device) if slot == "count" else torch.zeros_like(parameter)


def slots(module: nn.Module, optimizer: TorchOptimizer, options: Optimizer) -> dict[str, Tensor]:
    """The live tensors that `optimizer` keeps, by their names in a state."""
    return {
        f"{SLOTS}{slot}/{name}": optimizer.state[parameter][_KEYS[slot]]
        for slot in options.slots
        for name, parameter in trained(module)
    }


def _groups(module: nn.Module, options: Optimizer) -> list[dict[str, object]]:
    """The parameters that decay, and those that do not."""
    # Norms and biases are vectors, all other weights have more dimensions.
    decayed = [parameter for _, parameter in trained(module) if options.decay_all or parameter.ndim > 1]
    spared = [parameter for _, parameter in trained(module) if not options.decay_all and parameter.ndim <= 1]
    return [{"params": decayed, "weight_decay": options.weight_decay}, {"params": spared, "weight_decay": 0.0}]
