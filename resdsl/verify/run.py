"""What one backend makes of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from resdsl.backend import Array, Backend, Compute, Session, is_weight
from resdsl.verify.case import Case
from resdsl.weights.initial import initial_weights

IMAGES, CLASSES = 4, 5
# Small steps, and none that moves a weight tensor by more than this share of its norm at first: after a few large ones,
# rounding errors decide where a deep network goes.
RATE, SHARE = 1e-3, 1e-3
State = dict[str, Array]


@dataclass(frozen=True, slots=True)
class Trace:
    """The gradients of the first step, the loss of each, and the state after the first (at a rate of zero) and after
    the last, at `rate`."""

    backend: str
    framework: str
    gradients: State
    losses: tuple[float, ...]
    first: State
    last: State
    rate: float

    @property
    def statistics(self) -> State:
        """The running statistics after the first step: what each norm saw on the way forward."""
        return {name: array for name, array in self.first.items() if _is_statistic(name)}

    @property
    def weights(self) -> State:
        """The parameters after the last step."""
        return {n: array for n, array in self.last.items() if is_weight(n) and not _is_statistic(n)}


def trained(backend: Backend, case: Case, rate: float | None = None) -> tuple[Session, Trace]:
    """The session of a backend after the steps of `case`, and what it did; without a `rate`, at a gentle one."""
    module = backend.build(case.network, initial_weights(case.network))
    session = backend.session(module, case.network.recipe, case.scale, Compute("float32"))
    gradients = session.gradients(case.images, case.labels, 0)
    losses = [float(session.train_step(case.images, case.labels, 0.0, 0).loss)]
    first = session.state()
    rate = _gentle(first, gradients) if rate is None else rate
    scores = [session.train_step(case.images, case.labels, rate, step) for step in range(1, case.steps + 1)]
    losses += [float(score.loss) for score in scores]
    return session, Trace(backend.name, session.framework, gradients, tuple(losses), first, session.state(), rate)


def _gentle(state: State, gradients: State) -> float:
    """The rate at which no weights are moved far by the gradients."""
    kernels = [name for name, array in gradients.items() if array.ndim > 1]
    shares = [float(np.linalg.norm(gradients[name]) / np.linalg.norm(state[name])) for name in kernels]
    return min([RATE, *(SHARE / share for share in shares if share > 0)])


def logits(session: Session, case: Case, state: Mapping[str, Array]) -> Array:
    """The log-probabilities of a few classes for a few images, in evaluation mode and with the weights of `state`."""
    session.load_state(state)
    classes = np.unique(np.linspace(0, case.network.output.size - 1, CLASSES).astype(np.int64))
    rows = [
        [session.eval_step(case.images[i : i + 1], classes[j : j + 1]).loss for j in range(len(classes))]
        for i in range(min(IMAGES, len(case.images)))
    ]
    return -np.array([[float(loss) for loss in row] for row in rows])


def _is_statistic(name: str) -> bool:
    return name.endswith((".running_mean", ".running_var"))
