"""`resdsl compile SPEC --backend torch`"""

from __future__ import annotations

from pathlib import Path

import click

from resdsl.backend import BackendMissing, load_backend
from resdsl.cli.spec import load_spec, spec_arguments, stop
from resdsl.ir.graph import Shape


@click.command("compile")
@spec_arguments
@click.option("--backend", default="torch", show_default=True, help="torch, flax, or another that is installed.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
@click.option("--force", is_flag=True, help="Overwrite a file that resdsl did not write.")
def command(
    spec: str,
    parameters: tuple[tuple[str, float], ...],
    shape: Shape | None,
    backend: str,
    output: Path | None,
    force: bool,
) -> None:
    """Print the source of a network as a module that stands alone."""
    try:
        emitter = load_backend(backend)
    except BackendMissing as missing:
        stop(str(missing))
    source = emitter.emit(load_spec(spec, parameters, shape).network)
    if output is None:
        click.echo(source, nl=False)
        return
    if output.exists() and not force and "Compiled by resdsl" not in output.read_text("utf-8", "replace"):
        stop(f"{output} exists and resdsl did not write it: choose another file, or --force")
    try:
        output.write_text(source, "utf-8")
    except OSError as error:
        stop(f"cannot write {output}: {error.strerror}")
    click.echo(f"wrote {output}", err=True)
