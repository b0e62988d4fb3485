"""What a design rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from resdsl.diagnostics import Code, Finding
from resdsl.ir.network import Network, Stage

Breach = tuple[Stage | None, Finding]


class Rule(NamedTuple):
    """A code with the function that looks for it, each time with the stage at fault, whose `allow` may answer for it.

    A rule need not mind whether it finds one place twice, as in equal blocks. `allowable` is False where an `allow`
    makes no sense: without the rule there is no network, or the text contradicts itself. A rule `of_the_papers` is about
    how their own networks are made: `design free` leaves it.
    """

    code: Code
    check: Callable[[Network], Iterator[Breach]]
    allowable: bool = True
    of_the_papers: bool = False
