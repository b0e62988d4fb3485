"""`resdsl draw SPEC…`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

import click

from resdsl.cli.output import say, stop, write
from resdsl.cli.spec import input_option, load_spec, output_stride_option, set_option, specs_argument
from resdsl.drawing.draw import Detail, Direction, View, ViewError, drawn
from resdsl.drawing.printers.formats import FORMATS, PICTURES, UnknownFormatError, format_for, is_ours, rendered
from resdsl.drawing.printers.pictures import GraphvizError
from resdsl.drawing.printers.size import Size, SizeError
from resdsl.drawing.printers.theme import THEMES
from resdsl.ir.shape import Shape


@click.command("draw")
@specs_argument
@set_option
@input_option
@output_stride_option
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
@click.option("--direction", type=click.Choice(get_args(Direction)), default="down", help="Where the figure runs to.")
@click.option("--legend", is_flag=True, help="Say under the figure what its lines mean.")
@click.option("--no-title", is_flag=True, help="Leave the headings out, for a paper that has a caption.")
@click.option("--size", metavar="WIDTH[xHEIGHT]", help="The size on paper: 12cm, or 6inx8in, which it fits into.")
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
    direction: Direction,
    legend: bool,
    no_title: bool,
    size: str | None,
    theme: str,
    force: bool,
) -> None:
    """Draw networks as the papers do: a column for each SPEC, side by side, aligned by the size of their maps.

    Without -o, DOT (or what --format says) goes to standard output. DOT, Mermaid and TikZ need nothing else; the
    other formats need Graphviz.
    """
    view = View(detail, block, blocks, diff, direction, legend, not no_title)
    try:
        on_paper = Size.of(size) if size else None
        view.check(len(specs))
        _check_specs(specs)
        chosen = _format(output, format_)
        _check_free(output, force)
        loaded = [load_spec(spec, parameters, shape) for spec in specs]
        sources = {file: text for spec in loaded for file, text in spec.checked.sources.items()}
        drawing = drawn([spec.network for spec in loaded], view, sources)
        content = rendered(drawing, chosen, theme, on_paper)
    except (ViewError, UnknownFormatError, SizeError, GraphvizError) as error:
        stop(str(error))
    _write(content, output)


def _check_specs(specs: tuple[str, ...]) -> None:
    """Ends with status 2 where a figure's file stands in the place of a spec."""
    for spec in map(Path, specs):
        suffixes = [suffix for format in FORMATS.values() for suffix in format.suffixes]
        if spec.suffix.lower() in (*suffixes, *PICTURES) and not spec.exists():
            name = spec if spec.suffix.lower() in suffixes else spec.with_suffix(".png")
            stop(f"{spec} is the name of a figure, not of a spec: name the spec first, `resdsl draw SPEC -o {name}`")


def _format(output: Path | None, format: str | None) -> str:
    if format is None:
        return format_for(output) if output else "dot"
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


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        click.echo(content, nl=False)
        return
    write(output, content)
    say(f"wrote {output}", err=True)
