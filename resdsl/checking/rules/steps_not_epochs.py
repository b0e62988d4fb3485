"""X003: a plain number in a schedule is a step."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.network import Network
from resdsl.ir.recipe import StepSchedule

X003 = Code(
    "X003",
    "steps-not-epochs",
    Severity.WARNING,
    """A plain number in a schedule is a step, not an epoch.

Why: He et al. 2016, Section 4.2, count iterations; other recipes count epochs. In a run of 90 epochs, rates that
fall at the steps 30 and 60 have fallen before the first epoch is over.

Before:
    train { epochs 90; schedule step(at = [30, 60]) }
After:
    train { epochs 90; schedule step(at = [30 epochs, 60 epochs]) }

Allow it where an epoch is a few steps: allow X003 "the data are one batch"
""",
)


def steps_not_epochs(network: Network) -> Iterator[Breach]:
    """Finds a schedule whose every step is a number that an epoch of the run has."""
    epochs, schedule = network.recipe.epochs, network.recipe.schedule
    if epochs is None or not isinstance(schedule, StepSchedule):
        return
    steps = [moment for moment in schedule.at if isinstance(moment, int)]
    if steps and len(steps) == len(schedule.at) and max(steps) <= epochs:
        meant = ", ".join(f"{step} epochs" for step in steps)
        found = f"the rate falls after step {steps[0]} of a run of {epochs:g} epochs"
        help = f'write at = [{meant}]; or say why not: allow X003 "…"'
        yield None, Finding(X003, network.span, found, help)


RULE = Rule(X003, steps_not_epochs)
