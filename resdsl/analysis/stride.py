"""By how much a part of a network thins out the map."""

from __future__ import annotations

from math import prod

from resdsl.ir.graph import Block, Conv, Layer, Pool, Subsample


def stride(part: Block | Layer) -> int:
    """The stride of a layer, or the product of all along a block's branch: 2 where 7 becomes 4."""
    match part:
        case Block():
            return prod(map(stride, part.shared + part.branch + part.after))
        case Conv() | Pool() | Subsample():
            return part.stride
        case _:
            return 1
