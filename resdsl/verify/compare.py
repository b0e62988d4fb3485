"""How far two backends are apart, stage by stage, and where that begins."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from resdsl.backend import Array, Backend
from resdsl.ir.graph import Network
from resdsl.verify.case import Case
from resdsl.verify.run import State, Trace, answers, trained
from resdsl.weights.names import parameters

# Relative errors; the gradients of deep networks differ where rounding decides on the sign of what ReLU gets.
BARS = {"statistics": 1e-4, "gradients": 2e-2, "weights": 1e-3, "answers": 1e-5, "loss": 1e-5}
STEM, HEAD, WHOLE = "stem", "head", "network"


@dataclass(frozen=True, slots=True)
class Row:
    """The relative errors of one stage (or of the whole network) by quantity; what it has not got is left out."""

    stage: str
    errors: dict[str, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`other` against `reference`; `parting` says where they first part, or is empty."""

    reference: Trace
    other: Trace
    rows: tuple[Row, ...]
    parting: str

    @property
    def sound(self) -> bool:
        """Whether everything is within the bars."""
        return all(error <= BARS[quantity] for row in self.rows for quantity, error in row.errors.items())


def compare(case: Case, backends: Sequence[Backend]) -> Iterator[Comparison]:
    """Every backend but the first against the first."""
    first, *others = backends
    session, reference = trained(first, case)
    expected = answers(session, case, reference.first)
    for backend in others:
        session, trace = trained(backend, case)
        found = answers(session, case, reference.first)
        rows = tuple(_rows(case.network, reference, trace, error(expected, found)))
        yield Comparison(reference, trace, rows, _parting(case.network, rows, reference, trace))


def error(expected: Array, found: Array) -> float:
    """The relative error in the Euclidean norm; infinite where something is not a number."""
    return _ratio([expected], [found])


def stage_of(name: str, network: Network) -> str:
    """The stage that a parameter belongs to, `stem` or `head`."""
    first = name.partition(".")[0]
    if any(stage.name == first for stage in network.stages):
        return first
    return STEM if any(layer.name == first for layer in network.stem) else HEAD


def _rows(network: Network, reference: Trace, trace: Trace, answered: float) -> Iterator[Row]:
    for stage in (STEM, *(stage.name for stage in network.stages), HEAD):
        errors = {
            quantity: _ratio([expected[n] for n in names], [found[n] for n in names])
            for quantity, expected, found in _quantities(reference, trace)
            if (names := [name for name in expected if stage_of(name, network) == stage])
        }
        yield Row(stage, errors)
    loss = error(np.array(reference.losses[:1]), np.array(trace.losses[:1]))
    yield Row(WHOLE, {"answers": answered, "loss": loss})


def _quantities(reference: Trace, trace: Trace) -> Iterator[tuple[str, State, State]]:
    for quantity in ("statistics", "gradients", "weights"):
        yield quantity, getattr(reference, quantity), getattr(trace, quantity)


def _parting(network: Network, rows: Sequence[Row], reference: Trace, trace: Trace) -> str:
    """The first layer, in the order of computation, of a stage that is over a bar: forward, backward, and the steps."""
    names = [parameter.name for parameter in parameters(network)]
    for quantity, expected, found in _quantities(reference, trace):
        over = {row.stage for row in rows if row.errors.get(quantity, 0) > BARS[quantity]}
        order: Iterable[str] = reversed(names) if quantity == "gradients" else names
        for name in order:
            parted = name in expected and stage_of(name, network) in over
            if parted and error(expected[name], found[name]) > BARS[quantity]:
                return f"{quantity} of {name}"
    return next((quantity for quantity in ("loss", "answers") if rows[-1].errors[quantity] > BARS[quantity]), "")


def _ratio(expected: Iterable[Array], found: Iterable[Array]) -> float:
    pairs = [(a.astype(np.float64), b.astype(np.float64)) for a, b in zip(expected, found, strict=True)]
    apart = math.sqrt(sum(float(np.square(a - b).sum()) for a, b in pairs))
    size = math.sqrt(sum(float(np.square(a).sum()) for a, _ in pairs))
    if not math.isfinite(apart) or not math.isfinite(size):
        return math.inf
    return apart / size if size else apart
