"""What a design rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from resdsl.diagnostics import Code, Finding
from resdsl.ir.graph import Network


class Rule(NamedTuple):
    """A code with the function that looks for it in a network."""

    code: Code
    check: Callable[[Network], Iterator[Finding]]
