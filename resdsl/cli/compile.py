"""`resdsl compile SPEC --backend torch`"""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

import click

from resdsl.atomic import write_atomically
from resdsl.backend import BackendMissing, backend_remedy, backends, load_backend
from resdsl.cli.output import say, stop, unwritable
from resdsl.cli.spec import BackendName, load_spec, spec_arguments
from resdsl.exporter import exporters, load_exporter
from resdsl.ir.network import Network
from resdsl.ir.shape import Shape

OURS = b"Compiled by resdsl"
SIGNATURE = b"\n# As resdsl wrote it: sha256 "
MAX_SOURCE = 1 << 24


@click.command("compile")
@spec_arguments
@click.option(
    "--backend",
    default="torch",
    show_default=True,
    type=BackendName(),
    help="torch, flax, onnx, or another that is installed.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
@click.option("--force", is_flag=True, help="Overwrite a file that resdsl did not write.")
@click.option("--weights", type=click.Path(path_type=Path), help="For onnx: a safetensors file of this network.")
@click.option("--seed", type=click.IntRange(min=0), help="For onnx without --weights: the seed of the weights [0].")
def command(
    spec: str,
    parameters: tuple[tuple[str, float], ...],
    shape: Shape | None,
    backend: str,
    output: Path | None,
    force: bool,
    weights: Path | None,
    seed: int | None,
) -> None:
    """Print the source of a network as a module that stands alone, or write it as an ONNX model."""
    exports = backend in exporters()
    if backend not in (*backends(), *exporters()):
        stop(f"there is no backend '{backend}': {backend_remedy(backend, exporters())}")
    if output and not exports and output.suffix[1:].lower() in exporters():
        stop(
            f"{output} is called like a model, and {backend} gives a source: add --backend {output.suffix[1:].lower()}"
        )
    if not exports and (weights or seed is not None):
        option = "--weights" if weights else "--seed"
        stop(f"{option} goes with {' or '.join(exporters())}: the source of a module holds no weights")
    if weights and seed is not None:
        stop("--seed draws weights and --weights reads them: leave one out")
    if exports and output is None and sys.stdout.isatty():
        stop(f"{backend} is binary: name a file, -o {Path(spec.rpartition(':')[2]).stem}.{backend}")
    try:
        emitter = None if exports else load_backend(backend)
        network = load_spec(spec, parameters, shape).network
        content = emitter.emit(network).encode() if emitter else _exported(backend, network, weights, seed or 0)
    except BackendMissing as missing:
        stop(str(missing))
    if output:
        _write(content if exports else signed(content), output, force)
    else:
        click.echo(content, nl=False)


def _exported(name: str, network: Network, weights: Path | None, seed: int) -> bytes:
    from resdsl.weights.check import fitted
    from resdsl.weights.files import WeightsError, conversion, load
    from resdsl.weights.initial import initial_weights

    exporter = load_exporter(name)
    try:
        if weights is None:
            return exporter.export(network, initial_weights(network, seed))
        arrays = fitted(network, load(weights), str(weights))
        if note := conversion(weights):
            say(f"resdsl: {note}", err=True)
    except WeightsError as error:
        stop(str(error))
    return exporter.export(network, arrays)


def _write(content: bytes, output: Path, force: bool) -> None:
    """To a file that is new, as resdsl wrote it, or given up with `--force`."""
    try:
        if output.is_file() and not force and (why := _not_ours(output)):
            stop(f"{output} {why}: choose another file, or --force")
        write_atomically(output, content)
    except OSError as error:
        unwritable(output, error)
    say(f"wrote {output}", err=True)


def _not_ours(output: Path) -> str:
    """Why what is in the file may not be overwritten; nothing where it may."""
    with output.open("rb") as file:
        old = file.read(MAX_SOURCE)
    if OURS not in old[:4096]:
        return "exists and resdsl did not write it"
    text, mark, _ = old.partition(SIGNATURE)
    is_source = mark or old.startswith(b'"""')
    return "was edited since resdsl wrote it" if is_source and signed(text) != old else ""


def signed(source: bytes) -> bytes:
    """A source with its own checksum as its last line, by which an edit is seen."""
    return source + SIGNATURE + sha256(source).hexdigest().encode() + b"\n"
