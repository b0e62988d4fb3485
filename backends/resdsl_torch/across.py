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


def running_statistics(module: nn.Module, frozen: list[nn.Module]) -> list[Tensor]:
    """The running means and variances of the batch norms that are not in `frozen` parts: the live tensors."""
    kept = {norm for part in frozen for norm in part.modules()}
    norms = (norm for norm in module.modules() if isinstance(norm, _BatchNorm) and norm not in kept)
    return [each for norm in norms for each in (norm.running_mean, norm.running_var) if each is not None]


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
        unused = torch.zeros(2, *weight.shape, device=x.device)  # Their type is the answers', float32.
        found = torch.batch_norm_update_stats(x, unused[0], unused[1], 0.0)
        own_mean, own_variance = (each.double() for each in found)
        # Every rank has as many values as the others; in float64 the squares lose nothing that float32 had.
        total = torch.stack((own_mean, own_variance + own_mean.square()))
        team.add(total)
        mean, squares = total / team.size
        mean, variance = mean.float(), (squares - mean.square()).float()
        ctx.save_for_backward(x, weight, mean, variance)
        ctx.team, ctx.eps = team, eps
        ctx.mark_non_differentiable(mean, variance)
        return batch_norm(x, mean, variance, weight, bias, training=False, eps=eps), mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, variance = ctx.saved_tensors
        (given, *_), inverse = gradients, torch.rsqrt(variance + ctx.eps)
        kept = x, weight, mean, variance, mean, inverse
        _, own_slope, own_shift = torch.ops.aten.native_batch_norm_backward(
            given, *kept, train=True, eps=ctx.eps, output_mask=[False, True, True]
        )
        total = torch.stack((own_slope, own_shift))
        ctx.team.add(total)
        slope, shift = total / (x.numel() // x.shape[1] * ctx.team.size)
        # (given - shift - slope * normalized x) * weight / deviation, as two maps that are affine per channel.
        factor, zeros = weight * inverse, torch.zeros_like(mean)
        back = batch_norm(given, zeros, zeros + 1, factor, -shift * factor, training=False, eps=0)
        back -= batch_norm(x, mean, variance, slope * factor, zeros, training=False, eps=ctx.eps)
        return back, own_slope, own_shift, None, None


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
