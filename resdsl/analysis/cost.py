"""What a network costs: parameters and multiply-adds, per layer, block, stage and in total."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import NamedTuple

from resdsl.ir.graph import Block, Conv, Layer, Linear, Network, Norm, SqueezeExcite, Stage


class Cost(NamedTuple):
    """Learned parameters, and the multiply-adds of convs and linears for one image; FLOPs are two per MAC."""

    params: int
    macs: int

    @property
    def flops(self) -> int:
        """Two for each multiply-add."""
        return 2 * self.macs


def cost(part: Network | Stage | Block | Layer) -> Cost:
    """The cost of a network or any part of it. Norms, acts, pooling and biases count no MACs."""
    match part:
        case Network():
            return _total((*part.stem, *part.stages, *part.tail, *part.head))
        case Stage():
            return _total(part.items)
        case Block():
            return _total(layer for _, layer in part.parts())
        case Conv():
            weights = part.filters * (part.channels // part.groups) * part.kernel[0] * part.kernel[1]
            return Cost(weights + part.bias * part.filters, weights * part.output.height * part.output.width)
        case Linear():
            return Cost(part.features * part.units + part.bias * part.units, part.features * part.units)
        case Norm():
            return Cost(2 * part.input.channels, 0)
        case SqueezeExcite():
            weights = 2 * part.input.channels * part.squeezed
            return Cost(weights + part.squeezed + part.input.channels, weights)
        case _:
            return Cost(0, 0)


def alike(block: Block) -> Hashable:
    """Equal for the blocks of a run that share their layers."""
    return tuple(map(id, (block.shared, block.branch, block.shortcut, block.after)))


def _total(parts: Iterable[Stage | Block | Layer]) -> Cost:
    params = macs = 0
    shared: dict[Hashable, Cost] = {}
    for part in parts:
        # Equal blocks share their layers, and are counted once.
        key = alike(part) if isinstance(part, Block) else id(part)
        found = shared.get(key) or shared.setdefault(key, cost(part))
        params, macs = params + found.params, macs + found.macs
    return Cost(params, macs)
