"""`resdsl check SPEC…`"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from resdsl.cli.output import say, show, status, stop
from resdsl.cli.spec import checked_spec, input_option, located_spec, output_stride_option, set_option, specs_argument
from resdsl.diagnostics import Finding
from resdsl.ir.shape import Shape
from resdsl.report import FORMATS, written
from resdsl.specs import Located, files_below


@click.command("check")
@specs_argument
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True)
@set_option
@input_option
@output_stride_option
def command(
    specs: tuple[str, ...], format_: str, parameters: tuple[tuple[str, float], ...], shape: Shape | None
) -> None:
    """Check specs (files, folders, file:network or names of shipped specs) and show every finding.

    Exit status 1 where there is an error; warnings alone leave it at 0.
    """
    found: dict[Finding, None] = {}
    sources: dict[str, str] = {}
    located = [place for spec in specs for place in _files(spec)]
    for place in located:
        checked = checked_spec(place, parameters, shape)
        found |= dict.fromkeys(checked.findings)
        sources.update(checked.sources)
    findings = list(found)
    if format_ == "text":
        show(findings, sources)
    else:
        click.echo(written(format_, findings, sources), nl=False)
    if not findings and format_ == "text":
        count = f"{len(located)} files" if len(located) > 1 else located[0].shown
        say(f"{count}: nothing to complain about", err=True)
    sys.exit(status(findings))


def _files(spec: str) -> list[Located]:
    folder = Path(spec)
    if not folder.is_dir():
        return [located_spec(spec)]
    files = files_below(folder)
    if not files:
        stop(f"there is no .res file in {spec}")
    return [Located(file, str(file), None) for file in files]
