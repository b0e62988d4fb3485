"""`resdsl show SPEC`"""

from __future__ import annotations

import os
import sys

import click

from resdsl.checking.rules.allow import useless
from resdsl.clean import clean_lines
from resdsl.cli.output import show, stop
from resdsl.cli.spec import checked_spec, located_spec, set_option, spec_argument
from resdsl.diagnostics import has_errors
from resdsl.lower.expand import expanded as written_out
from resdsl.lower.library import Library
from resdsl.lower.mistake import Mistake
from resdsl.suggest import remedy
from resdsl.syntax import ast
from resdsl.syntax.parse import plain_text


@click.command("show")
@spec_argument
@click.option("--expanded", is_flag=True, help="With all that it inherits written out, and its parameters as numbers.")
@set_option
def command(spec: str, expanded: bool, parameters: tuple[tuple[str, float], ...]) -> None:
    """Print a spec, in colours on a terminal: a whole file, or a network of a file that declares several."""
    located = located_spec(spec)
    checked = checked_spec(located, parameters)
    library = checked.library
    if not expanded:
        if parameters:
            stop("--set goes with --expanded: the text of a spec stays as it is")
        text = plain_text(library.sources[located.shown])
        _print(_one(library, located.network, text) if located.network else text)
        return
    show([finding for finding in checked.findings if has_errors([finding])], checked.sources)
    if has_errors(checked.findings):
        sys.exit(1)
    try:
        declaration = _declaration(library, located.network, located.shown)
        # What its base allows may have no use in a network that derives from it.
        without = useless(checked.networks[declaration.name.id])
        _print(written_out(declaration, dict(parameters), library, without))
    except Mistake as given_up:
        stop(str(given_up))


def _declaration(library: Library, name: str | None, shown: str) -> ast.NetworkDeclaration:
    """The network that is meant; ends with status 2 where that is unclear."""
    found = [network for network in library.own if name in (None, network.name.id)]
    names = [network.name.id for network in library.own]
    if name and not found:
        stop(f"{shown} declares no network '{name}': {remedy(name, names, 'network')}")
    if len(found) != 1:
        stop(f"{shown} declares {len(names)} networks" + (f": name one, {shown}:{names[0]}" if names else ""))
    return found[0]


def _one(library: Library, name: str, text: str) -> str:
    """A network's lines, and the comment above them."""
    span = _declaration(library, name, "the file").span
    lines = text.split("\n")
    first = span.line - 1
    while first and lines[first - 1].startswith("#"):
        first -= 1
    return "\n".join(lines[first : span.end_line]) + "\n"


def _print(text: str) -> None:
    text = clean_lines(text)
    if sys.stdout and sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        from pygments import highlight
        from pygments.formatters import TerminalFormatter

        from resdsl.highlight import ResLexer

        text = highlight(text, ResLexer(), TerminalFormatter())
    click.echo(text, nl=False)
