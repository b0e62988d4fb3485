"""The studies that come with resdsl: each is sound, in canonical form, known to the commands, and in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from resdsl.checking.checker import check_file
from resdsl.cli import main
from resdsl.specs import shipped_studies
from resdsl.study.conditions import Conditions
from resdsl.study.plan import plan
from resdsl.syntax.format import formatted

STUDIES = shipped_studies()
PAGE = (Path(__file__).parent.parent / "docs" / "studies.md").read_text("utf-8")
assert STUDIES


@pytest.mark.parametrize("name", STUDIES)
def test_it_is_sound(name: str) -> None:
    path = STUDIES[name]
    checked = check_file(path, path.name)
    assert not checked.findings
    study = checked.studies[name]
    assert study.title and study.cite and study.tables
    assert formatted(path.name, path.read_text("utf-8")) == path.read_text("utf-8")
    assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize("name", STUDIES)
def test_each_of_its_runs_is_a_spec_that_means_the_same(name: str) -> None:
    path = STUDIES[name]
    checked = check_file(path, path.name)
    conditions = Conditions(study=name, scale="1/8", seeds=1)
    for trial in plan(checked.studies[name], checked, conditions, Path("out")).trials:
        alone = check_file(Path("spec.res"), "spec.res", content=trial.text)
        (network,) = alone.networks.values()
        assert network.cost() == trial.run.network.cost()
        assert network.recipe.steps in {None, (trial.run.network.recipe.steps or 0) // 8}


def test_they_are_listed_and_shown() -> None:
    listed = CliRunner().invoke(main, ["list"]).output
    for name, path in STUDIES.items():
        assert f"\n{name} " in listed
        shown = CliRunner().invoke(main, ["show", name])
        assert (shown.exit_code, shown.output) == (0, path.read_text("utf-8"))
