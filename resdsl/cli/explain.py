"""`resdsl explain [CODE]`"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable

import click

from resdsl.cli.output import shortened, stop, width
from resdsl.diagnostics import Code


@click.command("explain")
@click.argument("code", required=False, metavar="[CODE]")
def command(code: str | None) -> None:
    """Say what a finding's code (D002) or name (halve-map-double-filters) asks for and why; without one, list all."""
    from resdsl.checking.rules import ALL_CODES

    if code is None:
        click.echo("\n".join(map(_line, ALL_CODES)))
        return
    found = next((each for each in ALL_CODES if code.lower() in (each.id.lower(), each.slug)), None)
    if found is None:
        stop(f"there is no code '{code}': {_remedy(code, ALL_CODES)}")
    click.echo(f"{found} ({found.severity})\n\n{_wrapped(found.explanation)}")


def _wrapped(text: str) -> str:
    """Paragraphs at the terminal's width; what is indented (an example) stays as it is."""
    most = min(100, shutil.get_terminal_size((80, 24)).columns)
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(
        each if "\n " in f"\n{each}" else textwrap.fill(each, most, break_on_hyphens=False) for each in paragraphs
    )


def _remedy(word: str, codes: Iterable[Code]) -> str:
    """The nearest code or name, or one that holds the word."""
    from resdsl.suggest import nearest

    names = [name for code in codes for name in (code.id, code.slug)]
    near = nearest(word, names) or next((name for name in names if len(word) > 2 and word.lower() in name), None)
    return f"did you mean '{near}'?" if near else "`resdsl explain` lists them all"


def _line(code: Code) -> str:
    return shortened(f"{code.id}  {code.slug:<30}  {code.severity:<7}  {first_sentence(code)}", width())


def first_sentence(code: Code) -> str:
    """What a code's explanation opens with."""
    return " ".join(code.explanation.split("\n\n")[0].split()).split(". ")[0].rstrip(".")
