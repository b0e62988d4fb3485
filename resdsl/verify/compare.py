"""How far two backends are apart, stage by stage, and where that begins."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from resdsl.backend import Array, Backend
from resdsl.ir.network import Network
from resdsl.verify.case import Case
from resdsl.verify.run import State, Trace, logits, trained
from resdsl.weights.canonical import parameters

# Relative errors; the gradients of deep networks differ where rounding decides on the sign of what ReLU gets.
BARS = {"statistics": 1e-4, "gradients": 2e-2, "weights": 1e-3, "logits": 1e-5, "loss": 1e-5}
# Some networks magnify rounding further: so many times what it does to the reference is allowed, but for the logits.
MARGIN = 4
STEM, HEAD, WHOLE = "stem", "head", "network"


@dataclass(frozen=True, slots=True)
class StageErrors:
    """The relative errors of one stage (or of the whole network) by quantity; what it has not got is left out.

    `allowed` is how large each may be: the quantity's bar, or more where rounding alone does more.
    """

    stage: str
    errors: dict[str, float]
    allowed: dict[str, float]

    @property
    def over(self) -> set[str]:
        """The quantities that are larger than allowed."""
        return {quantity for quantity, found in self.errors.items() if not found <= self.allowed[quantity]}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`other` against `reference`; `parting` says where they first part, or is empty."""

    reference: Trace
    other: Trace
    rows: tuple[StageErrors, ...]
    parting: str

    @property
    def sound(self) -> bool:
        """Whether nothing is larger than allowed."""
        return not any(row.over for row in self.rows)


def compare(case: Case, backends: Sequence[Backend]) -> Iterator[Comparison]:
    """Every backend but the first against the first."""
    first, *others = backends
    session, reference = trained(first, case)
    expected = logits(session, case, reference.first)
    rounding = _errors(case.network, reference, trained(first, case.reversed, reference.rate)[1])
    for backend in others:
        session, trace = trained(backend, case, reference.rate)
        answered = {"logits": error(expected, logits(session, case, reference.first))}
        errors = _errors(case.network, reference, trace)
        errors[WHOLE] = answered | errors[WHOLE]
        rows = tuple(StageErrors(stage, found, _allowed(found, rounding[stage])) for stage, found in errors.items())
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


def _errors(network: Network, reference: Trace, trace: Trace) -> dict[str, dict[str, float]]:
    """By stage, and by quantity."""
    errors = {
        stage: {
            quantity: _ratio([expected[n] for n in names], [found[n] for n in names])
            for quantity, expected, found in _quantities(reference, trace)
            if (names := [name for name in expected if stage_of(name, network) == stage])
        }
        for stage in (STEM, *(stage.name for stage in network.stages), HEAD)
    }
    return errors | {WHOLE: {"loss": error(np.array(reference.losses[:1]), np.array(trace.losses[:1]))}}


def _allowed(found: Iterable[str], rounding: Mapping[str, float]) -> dict[str, float]:
    return {quantity: max(BARS[quantity], MARGIN * rounding.get(quantity, 0)) for quantity in found}


def _quantities(reference: Trace, trace: Trace) -> Iterator[tuple[str, State, State]]:
    for quantity in ("statistics", "gradients", "weights"):
        yield quantity, getattr(reference, quantity), getattr(trace, quantity)


def _parting(network: Network, rows: Sequence[StageErrors], reference: Trace, trace: Trace) -> str:
    """The first layer, in the order of computation, of a stage that is over a bar: forward, backward, and the steps."""
    names = [parameter.name for parameter in parameters(network)]
    for quantity, expected, found in _quantities(reference, trace):
        over = {row.stage: row.allowed[quantity] for row in rows if quantity in row.over}
        order: Iterable[str] = reversed(names) if quantity == "gradients" else names
        for name in order:
            allowed = over.get(stage_of(name, network)) if name in expected else None
            if allowed is not None and not error(expected[name], found[name]) <= allowed:
                return f"{quantity} of {name}"
    return next((quantity for quantity in ("loss", "logits") if quantity in rows[-1].over), "")


def _ratio(expected: Iterable[Array], found: Iterable[Array]) -> float:
    pairs = [(a.astype(np.float64), b.astype(np.float64)) for a, b in zip(expected, found, strict=True)]
    apart = math.sqrt(sum(float(np.square(a - b).sum()) for a, b in pairs))
    size = math.sqrt(sum(float(np.square(a).sum()) for a, _ in pairs))
    if not math.isfinite(apart) or not math.isfinite(size):
        return math.inf
    return apart / size if size else apart
