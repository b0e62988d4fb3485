"""What one backend makes of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from resdsl.backend import MOMENTUM, Array, Backend, Session
from resdsl.verify.case import RATE, Case
from resdsl.weights.initial import initial_weights

IMAGES, CLASSES = 4, 5
State = dict[str, Array]


@dataclass(frozen=True, slots=True)
class Trace:
    """The loss of each step, and the state after the first and after the last."""

    backend: str
    framework: str
    losses: tuple[float, ...]
    first: State
    last: State

    @property
    def statistics(self) -> State:
        """The running statistics after the first step: what each norm saw on the way forward."""
        return {name: array for name, array in self.first.items() if _is_statistic(name)}

    @property
    def gradients(self) -> State:
        """The gradient of the first step, which its momentum is."""
        return {n.removeprefix(MOMENTUM): array for n, array in self.first.items() if n.startswith(MOMENTUM)}

    @property
    def weights(self) -> State:
        """The parameters after the last step."""
        return {n: array for n, array in self.last.items() if not n.startswith(MOMENTUM) and not _is_statistic(n)}


def trained(backend: Backend, case: Case) -> tuple[Session, Trace]:
    """The session of a backend after the steps of `case`, and what it did."""
    module = backend.build(case.network, initial_weights(case.network))
    session = backend.session(module, case.recipe, case.scale, "float32")
    losses = [float(session.train_step(case.images, case.labels, RATE, 0).loss)]
    first = session.state()
    scores = [session.train_step(case.images, case.labels, RATE, step) for step in range(1, case.steps)]
    losses += [float(score.loss) for score in scores]
    return session, Trace(backend.name, session.framework, tuple(losses), first, session.state())


def answers(session: Session, case: Case, state: Mapping[str, Array]) -> Array:
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
