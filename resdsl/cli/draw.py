"""`resdsl draw SPEC…`"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import click

from resdsl.atomic import write_atomically
from resdsl.cli.output import stop, unwritable
from resdsl.cli.spec import Spec, input_option, load_spec, set_option
from resdsl.drawing.formats import FORMATS, UnknownFormatError, format_for, is_ours, rendered
from resdsl.drawing.graphviz import GraphvizError
from resdsl.drawing.model import Drawing
from resdsl.drawing.theme import THEMES
from resdsl.drawing.views import Detail, NoSuchBlockError, draw_blocks, draw_diff, draw_networks
from resdsl.ir.shape import Shape


@dataclass(frozen=True, slots=True)
class _View:
    """What is to be seen of the networks."""

    detail: Detail | None
    block: str | None
    blocks: bool
    diff: bool


@click.command("draw")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC…")
@set_option
@input_option
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file, in the format of its suffix.",
)
@click.option("--format", "format_", type=click.Choice(list(FORMATS)), help="Another format than that of the suffix.")
@click.option("--detail", type=click.Choice(get_args(Detail)), help="A box per layer, distinct block or stage.")
@click.option("--block", metavar="NAME", help="One block from within: layer2.0.")
@click.option("--blocks", is_flag=True, help="Every distinct block from within.")
@click.option("--diff", is_flag=True, help="What was added, removed and changed from the first SPEC to the second.")
@click.option("--theme", type=click.Choice(list(THEMES)), default="light", show_default=True)
@click.option("--force", is_flag=True, help="Overwrite a file that resdsl draw did not write.")
def command(
    *,
    specs: tuple[str, ...],
    parameters: tuple[tuple[str, float], ...],
    shape: Shape | None,
    output: Path | None,
    format_: str | None,
    detail: Detail | None,
    block: str | None,
    blocks: bool,
    diff: bool,
    theme: str,
    force: bool,
) -> None:
    """Draw networks as the papers do: a column for each SPEC, side by side, aligned by the size of their maps.

    Without -o, DOT (or what --format says) goes to standard output. DOT and Mermaid need nothing else; the other
    formats need Graphviz.
    """
    view = _View(detail, block, blocks, diff)
    _check(view, len(specs))
    chosen = _format(output, format_)
    _check_free(output, force)
    drawing = _drawing([load_spec(spec, parameters, shape) for spec in specs], view)
    try:
        content = rendered(drawing, chosen, theme)
    except GraphvizError as error:
        stop(str(error))
    _write(content, output)


def _check(view: _View, specs: int) -> None:
    given = {"--diff": view.diff, "--blocks": view.blocks, "--block": view.block is not None}
    asked = [name for name, is_given in given.items() if is_given]
    if len(asked) > 1:
        stop(f"{' and '.join(asked)} do not go together: give one of them")
    if view.detail and asked and not view.diff:
        stop(f"--detail and {asked[0]} do not go together: a block is always drawn layer by layer")
    if view.diff and specs != 2:
        stop(f"--diff compares two specs, not {specs}")


def _format(output: Path | None, format: str | None) -> str:
    if format is None:
        try:
            return format_for(output) if output else "dot"
        except UnknownFormatError as error:
            stop(str(error))
    if output is None and FORMATS[format].binary and sys.stdout.isatty():
        stop(f"{format} would garble the terminal: give -o FILE")
    return format


def _check_free(output: Path | None, force: bool) -> None:
    """Ends with status 2 where `output` holds something that is not ours to overwrite."""
    if output is None or force or not output.is_file():
        return
    try:
        if not is_ours(output):
            stop(f"{output} exists and resdsl draw did not write it: choose another file, or --force")
    except OSError as error:
        stop(f"cannot read {output}: {error.strerror}")


def _drawing(specs: Sequence[Spec], view: _View) -> Drawing:
    networks = [spec.network for spec in specs]
    sources = {file: text for spec in specs for file, text in spec.checked.sources.items()}
    if view.diff:
        return draw_diff(networks[0], networks[1], view.detail or "auto", sources)
    if not (view.blocks or view.block is not None):
        return draw_networks(networks, view.detail or "auto", sources)
    try:
        return draw_blocks(networks, view.block, sources)
    except NoSuchBlockError as error:
        stop(str(error))


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        click.echo(content, nl=False)
        return
    try:
        if output.is_file() or not output.exists():
            write_atomically(output.resolve(), content)
        else:  # a device or a pipe, which must not be replaced by a file
            output.write_bytes(content)
    except OSError as error:
        unwritable(output, error)
    click.echo(f"wrote {output}", err=True)
