"""`resdsl train SPEC`"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from resdsl.cli import INTERRUPTED
from resdsl.cli.device import device_arguments, lost_ranks_end_here, mistakes_end_here, show_damage, show_notes
from resdsl.cli.output import say, stop, working
from resdsl.cli.spec import load_spec, spec_arguments
from resdsl.ir.shape import Shape

if TYPE_CHECKING:
    from resdsl.training.begin import ReadyRun, TrainRequest

WORDS = "resdsl.words"
"""Where a click context keeps the words of the command line."""


class Parts(click.ParamType):  # type: ignore[type-arg]
    """Names with commas between them."""

    name = "NAMES"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> tuple[str, ...]:
        return tuple(part.strip() for part in str(value).split(",") if part.strip())


@click.command("train")
@spec_arguments
@device_arguments
@click.option("--out", type=click.Path(path_type=Path), help="The run folder [runs/<network>-<data>-<n>].")
@click.option("--resume", is_flag=True, help="Go on with the run in --out, or with the newest.")
@click.option("--epochs", type=click.IntRange(min=1), help="How long, in place of the spec's steps or epochs.")
@click.option("--steps", type=click.IntRange(min=1), help="How long, in place of the spec's steps or epochs.")
@click.option("--lr", type=click.FloatRange(min=0, min_open=True), help="The learning rate [the spec's].")
@click.option("--seed", type=click.IntRange(min=0), help="The seed of weights, order and augmentation [the spec's].")
@click.option("--compile/--no-compile", default=None, help="Compile the blocks, for long runs [no; Flax always does].")
@click.option(
    "--deterministic/--no-deterministic", default=None, help="The same bits each time, or the fastest [same]."
)
@click.option("--remat/--no-remat", default=None, help="Compute blocks twice, in much less memory [no].")
@click.option("--accumulate", type=click.IntRange(min=1), help="Send each batch through in so many parts [1].")
@click.option("--weights", type=click.Path(path_type=Path), help="Begin from a checkpoint, or from another run.")
@click.option("--freeze", type=Parts(), metavar="stem,layer1", help="Stem and stages that stay as they are.")
@click.option(
    "--keep", type=click.IntRange(min=1), metavar="N", help="Keep the checkpoints of the last N evaluations [1]."
)
@click.option("--tensorboard", is_flag=True, help="Log for TensorBoard, too, in the run folder.")
@click.option("--devices", type=click.IntRange(1, 4096), help="Train on so many of this machine's, as on one [1].")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Train on the first N images only.")
@click.option("--limit-test", type=click.IntRange(min=1), metavar="N", help="Test on N images only.")
def command(spec: str, parameters: tuple[tuple[str, float], ...], shape: Shape | None, **options: Any) -> None:
    """Train a network as its spec says, or as the options say in its place.

    Everything is kept in a run folder. Ctrl-C saves the run; --resume goes on with it, step for step the same.
    """
    checked = load_spec(spec, parameters, shape)
    with mistakes_end_here():
        from resdsl.backend import Compute
        from resdsl.team import seat
        from resdsl.training.begin import TrainRequest, begin
        from resdsl.training.interrupt import end_with_launcher
        from resdsl.training.resolve import Overrides
        from resdsl.training.tensorboard import check_installed

        tensorboard = options.pop("tensorboard")
        overrides = Overrides(**{name: options.pop(name) for name in Overrides.__dataclass_fields__})
        asked = {name: options.pop(name) for name in asdict(Compute())}
        compute = {name: value for name, value in asked.items() if value is not None}
        run = checked.located.run
        if run and options["resume"]:
            options["out"] = options["out"] or run.folder
        request = TrainRequest(
            checked.network,
            checked.checked.sources,
            checked.asked.parameters,
            overrides,
            compute=compute,
            input=checked.asked.input,
            output_stride=checked.asked.output_stride,
            **options,
        )
        if tensorboard:
            check_installed()
        if (options["devices"] or 1) > 1 and seat() is None:
            _launch(spec, request)
        end_with_launcher()
        with lost_ranks_end_here():
            with working("starting the framework, reading the data"):
                ready = begin(request)
            _go(request, ready, tensorboard)


def _launch(spec: str, request: TrainRequest) -> NoReturn:
    """Runs this very command in as many processes as it takes."""
    from resdsl.training.begin import run_path
    from resdsl.training.chosen_backend import installed_backend
    from resdsl.training.launch import launch

    if spec == "-":
        stop("many processes cannot read one standard input: save the spec to a file for --devices")
    processes = installed_backend(request.backend).processes(request.devices or 1)
    words = [*click.get_current_context().meta[WORDS], "--out", str(run_path(request))]
    sys.exit(launch(words, processes, lambda line: say(f"resdsl: {line}", err=True)))


def _go(request: TrainRequest, run: ReadyRun, tensorboard: bool) -> None:
    from rich.console import Console

    from resdsl.training.display import NoDisplay, display
    from resdsl.training.loop import run as go
    from resdsl.training.tensorboard import TensorBoardDisplay

    first = run.job.share.team.rank == 0
    if first:
        _introduce(request, run)
    shown = display(Console()) if first else NoDisplay()
    if tensorboard and first:
        shown = TensorBoardDisplay(shown, run.folder.path, run.folder.metrics)
    reached = go(run.job, run.folder, shown, run.progress)
    if not first:
        sys.exit(0 if run.job.timetable.finished(reached) else INTERRUPTED)
    show_damage(run.job.dataset)
    if not run.job.timetable.finished(reached):
        say(f"stopped after step {reached.step} of {run.job.timetable.total}; all is saved", err=True)
        say(f"go on with: the same command, --out {run.folder.path} --resume", err=True)
        sys.exit(INTERRUPTED)
    say(f"best top-1 {reached.best_top1:.2%} after step {reached.best_step}: {run.folder.best}")


def _introduce(request: TrainRequest, run: ReadyRun) -> None:
    """Prints all that was decided."""
    from resdsl.training.metrics import LEGEND
    from resdsl.training.recipe_text import recipe_text
    from resdsl.training.remarks import frozen_text, remarks

    job, data = run.job, run.job.dataset
    session = job.session
    say(
        f"{request.network.name} on {data.name}: {len(data.train)} training and {len(data.test)} test images, "
        f"{data.shape}, {data.classes} classes"
    )
    bits = "the same bits each time" if run.compute.deterministic else "the fastest kernels"
    say(f"{session.framework}, {session.device}, {session.precision} ({_reason(request, run)}), channels-last, {bits}")
    say(recipe_text(job.recipe))
    say(f"{job.timetable.total} steps, {job.timetable.per_epoch} an epoch; run folder: {run.folder.path}")
    show_notes(data)
    for line in run.start.lines if run.start else ():
        say(line)
    if job.recipe.frozen:
        say(frozen_text(request.network, job.recipe.frozen))
    for remark in session.notes:
        say(f"note: {remark}")
    for remark in (*remarks(request.network.recipe, job.recipe, job.timetable), *run.notes):
        say(f"note: {remark}")
    say(LEGEND)
    if run.progress.step:
        say(f"going on after step {run.progress.step}")


def _reason(request: TrainRequest, run: ReadyRun) -> str:
    """Why the precision is what it is."""
    if "precision" in request.compute:
        return "--precision"
    if request.resume:
        return "as before"
    return "native here" if run.job.session.precision == "bfloat16" else "no native bfloat16 here"
