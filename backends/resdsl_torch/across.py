"""What looks at a whole batch, for a rank that has only its share: batch norms, and what dropout draws."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm, dropout
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode

from resdsl_torch.team import TorchTeam


def norms_across(module: nn.Module, team: TorchTeam) -> None:
    """Has the batch norms of `module`, in place, take their statistics over the batch of all ranks.

    PyTorch's own SyncBatchNorm does so on GPUs alone.
    """
    for norm in module.modules():
        if isinstance(norm, _BatchNorm):
            norm.forward = partial(_normalized, norm, norm.forward, team)  # type: ignore[method-assign]


@torch.compiler.disable  # type: ignore[untyped-decorator]
def _normalized(norm: _BatchNorm, alone: Callable[[Tensor], Tensor], team: TorchTeam, x: Tensor) -> Tensor:
    if not norm.training:
        return alone(x)
    answer, mean, variance = _Across.apply(x, norm.weight, norm.bias, norm.eps, team)  # type: ignore[no-untyped-call]
    count = x.numel() // x.shape[1] * team.size
    share = norm.momentum
    if norm.num_batches_tracked is not None:
        norm.num_batches_tracked.add_(1)
    if norm.running_mean is not None and norm.running_var is not None and share is not None:
        norm.running_mean.lerp_(mean, share)
        norm.running_var.lerp_(variance * (count / max(1, count - 1)), share)
    return answer  # type: ignore[no-any-return]


class _Across(torch.autograd.Function):
    """(x - mean) / sqrt(variance + eps) * weight + bias per channel, over the maps of all ranks."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float, team: TorchTeam) -> tuple[Tensor, ...]:
        axes = _axes(x)
        own_variance, own_mean = (each.double() for each in torch.var_mean(x.float(), axes, correction=0))
        # Every rank has as many values as the others; in float64 the squares lose nothing that float32 had.
        total = torch.stack((own_mean, own_variance + own_mean.square()))
        team.add(total)
        mean, squares = total / team.size
        mean, variance = mean.float(), (squares - mean.square()).float()
        ctx.save_for_backward(x, weight, mean, torch.rsqrt(variance + eps))
        ctx.team = team
        ctx.mark_non_differentiable(mean, variance)
        return batch_norm(x, mean, variance, weight, bias, training=False, eps=eps), mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, inverse = ctx.saved_tensors
        given, axes = gradients[0].float(), _axes(x)
        shape = [1, -1, *[1] * (x.dim() - 2)]
        centred = (x.float() - mean.view(shape)).mul_(inverse.view(shape))
        own = torch.stack((given.sum(axes), (given * centred).sum(axes)))
        total = own.clone()
        ctx.team.add(total)
        total /= x.numel() // x.shape[1] * ctx.team.size
        shift, slope = (each.view(shape) for each in total)
        back = (given - shift).addcmul_(centred, slope, value=-1).mul_((weight * inverse).view(shape))
        return back.to(x.dtype), own[1], own[0], None, None


def _axes(x: Tensor) -> list[int]:
    return [axis for axis in range(x.dim()) if axis != 1]


@final
class DropoutAcross(TorchFunctionMode):
    """Inside, dropout draws for the images of all ranks and takes its own: what one processor by itself would draw."""

    def __init__(self, team: TorchTeam) -> None:
        super().__init__()
        self._team = team

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return (self._drawn if function is dropout else function)(*args, **(kwargs or {}))

    def _drawn(self, x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
        if not training or p == 0:
            return x
        images, keep = len(x), 1 - p
        whole = torch.empty_strided(
            (images * self._team.size, *x.shape[1:]), x.stride(), dtype=x.dtype, device=x.device
        )
        kept = whole.bernoulli_(keep) if keep else whole.zero_()
        own = kept[images * self._team.rank :][:images]
        return x * (own.div_(keep) if keep else own)
