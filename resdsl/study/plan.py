"""From a study and its conditions to the runs that it takes: each a text that declares one network, and a folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from resdsl.checking.checker import Checked
from resdsl.ir.network import Network
from resdsl.ir.study import Curves, Run, Study
from resdsl.lower.expand import expanded
from resdsl.lower.library import Library
from resdsl.lower.study import planned
from resdsl.study.conditions import RUNS, Conditions
from resdsl.study.scaled import scaled
from resdsl.syntax import ast
from resdsl.syntax.parse import parse
from resdsl.training.recipe_text import recipe_text


class Trial(NamedTuple):
    """A run of the study with one seed; `text` is its spec, and `path` its run folder."""

    run: Run
    seed: int
    text: str
    path: Path


@dataclass(frozen=True, slots=True)
class Plan:
    """All of a study in `folder`."""

    study: Study
    conditions: Conditions
    folder: Path
    trials: tuple[Trial, ...]

    @property
    def measured(self) -> tuple[str, ...]:
        """The words of the plots for which a trained network is measured."""
        return tuple(dict.fromkeys(plot.WORD.name for plot in self.study.plots if not isinstance(plot, Curves)))

    def of(self, run: Run) -> tuple[Trial, ...]:
        """The trials of one run, by their seeds."""
        return tuple(trial for trial in self.trials if trial.run.name == run.name)


def plan(study: Study, checked: Checked, conditions: Conditions, folder: Path) -> Plan:
    """What it takes to carry out `study`, in the order of its runs and seeds."""
    return Plan(study, conditions, folder, tuple(_trials(study, checked, conditions, folder)))


def _trials(study: Study, checked: Checked, conditions: Conditions, folder: Path) -> Iterator[Trial]:
    library = checked.library
    declarations = planned(library.studies[study.name], conditions.parameters, library).runs
    named = {derived.declaration.name.id: derived.declaration for derived in declarations}
    for run in study.runs:
        text = _text(named[run.name], run.network, conditions, library)
        for seed in range(conditions.seeds or study.seeds):
            yield Trial(run, seed, text, folder / RUNS / f"{run.name}-{seed}")


def _text(declaration: ast.NetworkDeclaration, network: Network, conditions: Conditions, library: Library) -> str:
    """A spec that declares the network alone, with the recipe that it is trained by."""
    own = [f"input {conditions.input}"] if conditions.input else []
    if conditions.share != 1:
        own.append(recipe_text(scaled(network.recipe, conditions.share)))
        declaration = replace(declaration, members=())
    (changes,) = parse("study", "network a {\n" + "\n".join(own) + "\n}\n").file.declarations
    members = changes.members if isinstance(changes, ast.NetworkDeclaration) else ()
    return expanded(replace(declaration, members=(*declaration.members, *members)), {}, library)
