"""The shipped networks: those with a file of their own, the first of each family, and all others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

import resdsl
from resdsl.ir.network import Network
from resdsl.ir.shape import Shape
from resdsl.specs import shipped_folder, shipped_networks
from resdsl.verify.case import small_input

NETWORKS = shipped_networks()
HELD = Counter(NETWORKS.values())
# Those with a file of their own.
SINGLE = tuple(sorted(name for name, path in NETWORKS.items() if path.stem == name and HELD[path] == 1))
# The other files: a family's base networks, and its members.
FAMILIES = tuple(sorted({path.stem for path in HELD} - {*SINGLE}))


def _heads() -> Iterator[tuple[str, str, str]]:
    """File, network and the base that it derives from, for each member of a family."""
    for family in FAMILIES:
        text = (shipped_folder() / f"{family}.res").read_text("utf-8")
        for name, base in re.findall(r"^network (\w+) *= *(\w+)\(", text, re.MULTILINE):
            yield family, name, base


MEMBERS = tuple(name for _, name, _ in _heads())
# The first of each file that derives from a base network, or one elsewhere: the others do it with other numbers.
FIRST = tuple({(family, base): name for family, name, base in reversed([*_heads()]) if base not in MEMBERS}.values())[
    ::-1
]
OTHERS = tuple(name for name in MEMBERS if name not in FIRST)
# For tests of each network that take more than a moment: what differs in numbers alone is left to `make test-slow`.
EVERY = (*SINGLE, *FIRST, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS))
assert SINGLE
assert FIRST


def kinds() -> tuple[str, ...]:
    """The shallowest spec of each kind: those of one kind share every class but the network's own."""
    found: dict[str, str] = {}
    for name in sorted(SINGLE, key=lambda name: resdsl.load(name).depth):
        classes = resdsl.emit(resdsl.load(name), "torch").rpartition("\nclass ")[0]
        found.setdefault(classes.partition("\nfrom torch")[2], name)
    return tuple(found.values())


def small(name: str) -> Network:
    """The network of a shipped spec, at a small input for a batch of 8."""

    def at(shape: Shape) -> Network | None:
        try:
            return resdsl.load(name, input=str(shape))
        except resdsl.SpecError:
            return None

    return small_input(at, resdsl.load(name), 8)
