"""What a part of a network costs."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from typing import NamedTuple, Protocol

UNITS = ("k", "M", "G", "T", "P")


class Cost(NamedTuple):
    """Learned parameters, and the multiply-adds of convs and linears for one image; FLOPs are two per MAC.

    Norms, activations, pooling and biases count no MACs.
    """

    params: int
    macs: int

    @property
    def flops(self) -> int:
        """Two for each multiply-add."""
        return 2 * self.macs


class Costs(Protocol):
    """A part of a network."""

    def cost(self) -> Cost: ...


def total(parts: Iterable[tuple[Hashable, Costs]]) -> Cost:
    """The cost of all parts; those with an equal key are alike, and counted once."""
    params = macs = 0
    known: dict[Hashable, Cost] = {}
    for key, part in parts:
        found = known.get(key) or known.setdefault(key, part.cost())
        params, macs = params + found.params, macs + found.macs
    return Cost(params, macs)


def short(number: int, digits: int = 4) -> str:
    """`231.2M`: so many digits and a unit."""
    if number < 1000:
        return f"{number}"
    # 999,950 is 1M and not 1000k: round first, then choose the unit.
    rounded = float(f"{number:.{digits}g}")
    power = min(int(math.log10(rounded)) // 3, len(UNITS))
    return f"{rounded / 1000**power:.{digits}g}{UNITS[power - 1]}"
