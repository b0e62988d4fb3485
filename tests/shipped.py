"""The shipped specs that hold one network, each at an input that is quick to compute."""

from __future__ import annotations

import resdsl
from resdsl.ir.network import Network
from resdsl.ir.shape import Shape
from resdsl.specs import shipped_names
from resdsl.verify.case import small_input


def _holds_one(name: str) -> bool:
    """A family's file is there for others to use."""
    try:
        resdsl.load(name)
    except resdsl.SpecError as error:
        return any(finding.code.id != "N008" for finding in error.findings)
    return True


SINGLE = tuple(name for name in shipped_names() if _holds_one(name))


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
