"""`resdsl eval SPEC --weights FILE`"""

from __future__ import annotations

from pathlib import Path

import click

from resdsl.backend import Precision
from resdsl.cli.data import device_arguments, mistakes_end_here
from resdsl.cli.output import say
from resdsl.cli.spec import load_spec, spec_arguments
from resdsl.ir.shape import Shape


@click.command("eval")
@spec_arguments
@click.option("--weights", type=click.Path(path_type=Path), required=True, help="A safetensors file of this network.")
@device_arguments
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
) -> None:
    """Evaluate weights on the test images of a data set: top-1, top-5 and the mean cross entropy."""
    network = load_spec(spec, parameters, shape).network
    with mistakes_end_here():
        from resdsl.backend import Compute
        from resdsl.training.batches import test_batches
        from resdsl.training.chosen_backend import installed_backend
        from resdsl.training.data.registry import open_dataset
        from resdsl.training.evaluate import evaluate
        from resdsl.training.resolve import Overrides, chosen_data
        from resdsl.weights.check import fitted
        from resdsl.weights.files import conversion, load

        arrays = fitted(network, load(weights), str(weights))
        if note := conversion(weights):
            say(f"resdsl: {note}", err=True)
        dataset = open_dataset(chosen_data(network.recipe, Overrides(data=data)), network, data_dir)
        engine = installed_backend(backend)
        session = engine.session(
            engine.build(network, arrays), network.recipe, dataset.scale, Compute(precision, threads=threads)
        )
        result = evaluate(session, test_batches(dataset.test, batch or network.recipe.batch)).result
    say(
        f"{network.name} on {len(dataset.test)} test images of {dataset.name}: top-1 {result.top1:.2%}  "
        f"top-5 {result.top5:.2%}  loss {result.loss:.4f}  "
        f"({session.framework}, {session.device}, {session.precision})"
    )
