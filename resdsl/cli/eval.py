"""`resdsl eval SPEC --weights FILE`, `resdsl eval RUN`"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resdsl.clean import clean, clean_json
from resdsl.cli.device import device_arguments, mistakes_end_here, show_damage, show_notes
from resdsl.cli.output import say, shortened, stop, working
from resdsl.cli.spec import Spec, load_spec, spec_arguments
from resdsl.ir.shape import Shape

if TYPE_CHECKING:
    from resdsl.training.evaluation import Evaluation
    from resdsl.training.progress import Sums

ROWS = 40  # of classes that are shown one by one
NAME = 36  # of a class, at most


@click.command("eval")
@spec_arguments
@click.option("--weights", type=click.Path(path_type=Path), help="A safetensors file of this network [the run's best].")
@click.option("--last", is_flag=True, help="The last weights of the run, not its best.")
@click.option("--per-class", is_flag=True, help="The scores of each class, too.")
@click.option("--json", "as_json", is_flag=True, help="All figures as JSON.")
@device_arguments
@click.option(
    "--size", type=click.IntRange(min=1), help="Scale the shorter side of image files to this [8/7 of the crop]."
)
@click.option("--crops", type=click.Choice([1, 10]), default=1, help="Crops of each image file, averaged [1].")
def command(
    *,
    spec: str,
    parameters: tuple[tuple[str, float], ...],
    shape: Shape | None,
    weights: Path | None,
    last: bool,
    per_class: bool,
    as_json: bool,
    data_dir: Path | None,
    workers: int | None,
    strict: bool,
    download: bool,
    size: int | None,
    crops: int,
    **options: Any,
) -> None:
    """Evaluate weights on the test images of a data set: top-1, top-5 and the mean cross entropy.

    A run folder as SPEC needs nothing else: its best weights, on its data, as it was trained.
    """
    loaded = load_spec(spec, parameters, shape)
    with mistakes_end_here():
        from resdsl.training.data.reading import Reading
        from resdsl.training.evaluation import EvalRequest, evaluated

        reading = Reading(data_dir, workers, strict, download, size, crops)
        request = EvalRequest(loaded.network, _weights(loaded, weights, last), reading, per_class, **options)
        if loaded.located.run:
            request = request.of_run(loaded.located.run.folder)
        with working("starting the framework, evaluating"):
            found = evaluated(request)
    for note in found.notes:
        say(f"resdsl: {note}", err=True)
    show_notes(found.dataset, err=as_json)
    show_damage(found.dataset)
    if as_json:
        click.echo(clean_json(found.document()), nl=False)
        return
    for line in _lines(found):
        say(line)


def _weights(spec: Spec, given: Path | None, last: bool) -> Path:
    from resdsl.training.folder import weights_of

    if given and last:
        stop("--weights and --last both say which weights: pass one of them")
    if given:
        return given
    if spec.located.run is None:
        stop("which weights? pass --weights FILE, or a run folder as SPEC")
    return weights_of(spec.located.run.folder, last)


def _lines(found: Evaluation) -> Iterator[str]:
    result, session = found.sums.result, found.session
    yield (
        f"{found.network} on {found.sums.images} test images of {found.dataset.name}: top-1 {result.top1:.2%}  "
        f"top-5 {result.top5:.2%}  loss {result.loss:.4f}"
    )
    yield f"{found.weights} ({session.framework}, {session.device}, {session.precision})"
    if found.classes:
        yield from _table(found)


def _table(found: Evaluation) -> Iterator[str]:
    """A row for each class, or for those with the lowest top-1."""
    rows = list(zip(found.names, found.classes, strict=True))
    if len(rows) > ROWS:
        rows = sorted(rows, key=lambda row: row[1].result.top1 if row[1].images else 2)[:ROWS]
        yield f"the {ROWS} of {len(found.classes):,} classes with the lowest top-1; --json has all:"
    width = max(5, *(min(NAME, len(clean(name))) for name, _ in rows))
    yield f"{'class'.ljust(width)}  {'images':>7}  {'top-1':>7}  {'top-5':>7}  {'loss':>7}"
    for name, sums in rows:
        short = shortened(clean(name), NAME)
        figures = "  ".join(f"{figure:>7}" for figure in _figures(sums)) if sums.images else "no images"
        yield f"{short.ljust(width)}  {sums.images:>7,}  {figures}"


def _figures(sums: Sums) -> tuple[str, str, str]:
    loss, top1, top5 = sums.result
    return f"{top1:.2%}", f"{top5:.2%}", f"{loss:.4f}"
