"""`resdsl eval SPEC --weights FILE`"""

from __future__ import annotations

from pathlib import Path

import click

from resdsl.backend import Precision
from resdsl.cli.device import device_arguments, mistakes_end_here, show_damage, show_notes
from resdsl.cli.output import say
from resdsl.cli.spec import load_spec, spec_arguments
from resdsl.ir.shape import Shape


@click.command("eval")
@spec_arguments
@click.option("--weights", type=click.Path(path_type=Path), required=True, help="A safetensors file of this network.")
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
    weights: Path,
    backend: str | None,
    data: str | None,
    data_dir: Path | None,
    precision: Precision | None,
    threads: int | None,
    batch: int | None,
    workers: int | None,
    strict: bool,
    download: bool,
    size: int | None,
    crops: int,
) -> None:
    """Evaluate weights on the test images of a data set: top-1, top-5 and the mean cross entropy."""
    network = load_spec(spec, parameters, shape).network
    with mistakes_end_here():
        from resdsl.backend import Compute
        from resdsl.training.batches import test_batches
        from resdsl.training.chosen_backend import installed_backend
        from resdsl.training.data.reading import Reading
        from resdsl.training.data.registry import open_dataset
        from resdsl.training.evaluate import evaluate
        from resdsl.training.resolve import Overrides, chosen_data
        from resdsl.training.share import ALL
        from resdsl.weights.check import fitted
        from resdsl.weights.files import conversion, load

        arrays = fitted(network, load(weights), str(weights))
        if note := conversion(weights):
            say(f"resdsl: {note}", err=True)
        reading = Reading(data_dir, workers, strict, download, size, crops)
        dataset = open_dataset(chosen_data(network.recipe, Overrides(data=data)), network, reading)
        show_notes(dataset)
        engine = installed_backend(backend)
        session = engine.session(
            engine.build(network, arrays), network.recipe, dataset.scale, Compute(precision, threads=threads)
        )
        sums = evaluate(session, test_batches(dataset.test, batch or max(1, network.recipe.batch // crops), ALL))
    result = sums.result
    show_damage(dataset)
    say(
        f"{network.name} on {sums.images} test images of {dataset.name}: top-1 {result.top1:.2%}  "
        f"top-5 {result.top5:.2%}  loss {result.loss:.4f}  "
        f"({session.framework}, {session.device}, {session.precision})"
    )
