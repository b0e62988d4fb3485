"""The blocks of a module, and what can be done to each of them: compile it, or compute it twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

# Every kind of block is compiled for each of its shapes, in training and with and without gradients.
MOST_SHAPES = 256


def blocks(module: nn.Module) -> Iterator[nn.Module]:
    """The outermost modules inside `module` that are not PyTorch's own and have weights; where it has none, itself."""
    found = list(_outermost(module))
    yield from found or (module,)


def compile_parts(module: nn.Module, deterministic: bool, whole: bool) -> None:
    """Compiles `module` block by block, so that equal blocks share their code and depth costs nothing; or as a `whole`.

    The latter is for processors: there ResNet-20 by its blocks has 0.6 of that speed, and less than uncompiled.
    """
    import torch._dynamo.config  # noqa: PLC0415  # slow, and needed only here
    import torch._inductor.config  # noqa: PLC0415

    dynamo, inductor = torch._dynamo.config, torch._inductor.config
    limit = "recompile_limit" if hasattr(dynamo, "recompile_limit") else "cache_size_limit"
    setattr(dynamo, limit, max(MOST_SHAPES, getattr(dynamo, limit)))
    if hasattr(inductor, "deterministic"):
        inductor.deterministic = deterministic
    for part in (module,) if whole else blocks(module):
        part.forward = torch.compile(part.forward, dynamic=False)


def uncompiled() -> AbstractContextManager[Any]:
    """Inside, compiled blocks run as they were written."""
    stance = getattr(torch.compiler, "set_stance", None)  # Since PyTorch 2.6.
    return stance("force_eager") if stance else nullcontext()


def recompute_blocks(module: nn.Module) -> None:
    """Keeps only each block's input for the backward pass, which computes the rest again."""
    for block in blocks(module):
        _recompute(block)


def _recompute(block: nn.Module) -> None:
    forward: Callable[[Tensor], Tensor] = block.forward
    draws = any(isinstance(layer, nn.modules.dropout._DropoutNd) for layer in block.modules())

    def twice(x: Tensor) -> Tensor:
        if not torch.is_grad_enabled():
            return forward(x)
        output: Tensor = checkpoint(
            forward,
            x,
            use_reentrant=False,
            preserve_rng_state=draws,
            context_fn=lambda: (nullcontext(), _statistics_kept(block)),
        )
        return output

    block.forward = twice


@contextmanager
def _statistics_kept(block: nn.Module) -> Iterator[None]:
    """Batch norms move their statistics once a step, not again where the backward pass comes by."""
    norms = [layer for layer in block.modules() if isinstance(layer, _BatchNorm) and layer.track_running_stats]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:  # The second pass ends with an exception, as soon as it has all that is needed.
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum


def _outermost(module: nn.Module) -> Iterator[nn.Module]:
    for child in module.children():
        if not type(child).__module__.startswith("torch."):
            if next(child.parameters(), None) is not None:
                yield child
        else:
            yield from _outermost(child)
