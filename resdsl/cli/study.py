"""`resdsl study FILE`"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resdsl.cli import INTERRUPTED
from resdsl.cli.device import mistakes_end_here
from resdsl.cli.output import say, show, stop
from resdsl.cli.spec import BackendName, InputShape, SpecName, checked_spec, located_spec, set_option
from resdsl.diagnostics import has_errors
from resdsl.suggest import remedy

if TYPE_CHECKING:
    from resdsl.checking.checker import Checked
    from resdsl.ir.study import Study
    from resdsl.study.plan import Plan
    from resdsl.study.results import Results
    from resdsl.study.task import Answer

FOLDER = Path("studies")


class Scale(click.ParamType):  # type: ignore[type-arg]  # generic only in recent versions of click
    """`1/8`, `0.5`."""

    name = "SHARE"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> str:
        from fractions import Fraction

        try:
            share = Fraction(str(value)) if re.fullmatch(r"[\d./]{1,12}", str(value)) else Fraction(0)
        except (ValueError, ZeroDivisionError):
            share = Fraction(0)
        if not 0 < share <= 1:
            self.fail(f"'{value}' is not a share above 0 and up to 1, for example 1/8", parameter, context)
        return str(share)


@click.command("study")
@click.argument("spec", metavar="FILE", type=SpecName())
@set_option
@click.option("--scale", type=Scale(), help="Shorten steps and milestones alike: 1/8.")
@click.option("--seeds", type=click.IntRange(min=1), help="How many seeds [the study's].")
@click.option("--report", "only_report", is_flag=True, help="Train nothing: only draw what is there.")
@click.option("--out", type=click.Path(path_type=Path), help="The study's folder [studies/<name>].")
@click.option("--jobs", type=click.IntRange(1, 1024), help="Runs at once [one a processor, four a GPU].")
@click.option("--input", type=InputShape(), help="Another input than the declared one.")
@click.option("--backend", type=BackendName(), help="The framework [torch].")
@click.option("--data", metavar="NAME", help="The data set [what the specs say].")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where it lies [$RESDSL_DATA or ./data].")
@click.option("--download", is_flag=True, help="Fetch the data set's official archive where it is not there.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Train on the first N images only.")
@click.option("--limit-test", type=click.IntRange(min=1), metavar="N", help="Test on N images only.")
@click.option("--batch", type=click.IntRange(min=1), help="Images per step [the specs'].")
@click.option("--precision", type=click.Choice(["float32", "bfloat16"]), help="[bfloat16 where it is native]")
@click.option("--threads", type=click.IntRange(1, 4096), help="Processor threads of each run [1].")
def command(
    spec: str, parameters: tuple[tuple[str, float], ...], only_report: bool, out: Path | None, jobs: int | None,
    data_dir: Path | None, download: bool, **options: Any,
) -> None:  # fmt: skip
    """Carry out a study: train what is not trained yet, then draw its figures and write its tables.

    Each run is an ordinary run folder, and goes on where it was left. A run that fails leaves the others alone; the
    report says so.
    """
    asked = {**options, "parameters": dict(parameters), "input": str(options["input"]) if options["input"] else None}
    given = frozenset(name for name, value in asked.items() if value)
    with mistakes_end_here():
        from resdsl.plots.picture import PlotError

        plan = _planned(spec, {name: asked[name] for name in given}, given, out, only_report)
        try:
            sys.exit(_carried_out(plan, jobs, data_dir, download, only_report))
        except PlotError as error:
            stop(str(error))


def _planned(spec: str, asked: dict[str, Any], given: frozenset[str], out: Path | None, only_report: bool) -> Plan:
    from resdsl.study.conditions import Conditions, keep, kept
    from resdsl.study.places import default_threads
    from resdsl.study.plan import plan

    study, _ = _study(spec, asked.get("parameters", {}), quiet=True)
    folder = out or FOLDER / study.name
    if only_report and kept(folder) is None:
        stop(f"{folder} holds no study to report on: leave --report out to carry it out")
    wanted = Conditions(study=study.name, **{"threads": default_threads(), **asked})
    conditions = keep(folder, wanted, given)
    study, checked = _study(spec, conditions.parameters)
    return plan(study, checked, conditions, folder)


def _study(spec: str, parameters: dict[str, float], quiet: bool = False) -> tuple[Study, Checked]:
    """The one study that FILE means; ends with status 1 where findings forbid it, with 2 where it is unclear."""
    located = located_spec(spec)
    checked = checked_spec(located)
    names = [declaration.name.id for declaration in checked.library.own_studies]
    if located.network and located.network not in names and not has_errors(checked.library.findings):
        stop(f"{located.shown} declares no study '{located.network}': {remedy(located.network, names, 'study')}")
    only = located.network or (names[0] if len(names) == 1 else None)
    if parameters and only:
        checked = checked_spec(located._replace(network=only), tuple(parameters.items()))
    if not quiet or has_errors(checked.findings):
        show(checked.findings, checked.sources)
    if has_errors(checked.findings):
        sys.exit(1)
    if len(checked.studies) != 1:
        found = (
            f"{len(names)} studies: name one, {located.shown}:{names[0]}"
            if names
            else "no study: write study NAME { … }"
        )
        stop(f"{located.shown} declares {found}")
    return next(iter(checked.studies.values())), checked


def _carried_out(plan: Plan, jobs: int | None, data_dir: Path | None, download: bool, only_report: bool) -> int:
    """Trains and reports; gives the exit status."""
    from resdsl.study.report import report
    from resdsl.study.results import results

    found = results(plan)
    finished = only_report or found.complete or _trained(found, jobs, data_dir, download)
    found = results(plan)
    *_, page = report(found)
    for line in found.lacking:
        say(f"not in the report: {line}", err=True)
    say(f"{'all is in' if found.complete else 'what there is is in'} {page}")
    if not finished:
        say("stopped; all is saved. The same command goes on.", err=True)
        return INTERRUPTED
    return int(bool(found.failures))


def _trained(found: Results, jobs: int | None, data_dir: Path | None, download: bool) -> bool:
    """Trains what is not trained yet, the most expensive first; false where it was stopped."""
    from rich.console import Console

    from resdsl.study.conditions import RUNS
    from resdsl.study.places import places
    from resdsl.study.pool import LOG, carry_out
    from resdsl.study.progress import Progress, overview
    from resdsl.study.record import task_of
    from resdsl.study.results import keep_failures, kept_failures

    plan = found.plan
    room = places(jobs, plan.conditions.threads)
    for line in overview(found, len(room)):
        say(line)
    known = kept_failures(plan.folder)
    records = [(trial, found.records[trial.path.name]) for trial in plan.trials]
    # One whose folder is damaged stays so; what else failed may go well now.
    waiting = [
        trial
        for trial, record in records
        if (not record.failed or trial.path.name in known) and not record.done(plan.measured)
    ]
    waiting.sort(key=lambda trial: -trial.run.network.cost().macs)
    tasks = {trial.path.name: task_of(plan, trial, data_dir, download) for trial in waiting}
    failures: dict[str, str] = {}

    def hear(name: str, answer: Answer) -> None:
        if answer.failed:
            failures[name] = answer.failed.replace(str(plan.folder / RUNS / name), name)
        progress.hear(name, answer)

    with Progress(found, Console()) as progress:
        finished = carry_out(tasks, room, plan.folder / LOG, hear)
    keep_failures(plan.folder, failures)
    return finished
