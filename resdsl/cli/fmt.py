"""`resdsl fmt PATH…`"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from resdsl.cli.output import say, show, stop, write
from resdsl.specs import files_below
from resdsl.syntax.format import FormatError, formatted
from resdsl.syntax.parse import read_file


class Text(NamedTuple):
    """A file, or standard input where it has no path, with what it holds."""

    path: Path | None
    shown: str
    content: bytes


class Result(NamedTuple):
    """A text and its canonical form, or None where it cannot be read."""

    text: Text
    form: bytes | None

    @property
    def changed(self) -> bool:
        return self.form is not None and self.form != self.text.content


@click.command("fmt")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--check", is_flag=True, help="Write nothing; list what would change, with exit status 1.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def command(paths: tuple[str, ...], check: bool, diff: bool) -> None:
    """Bring specs (files, folders, or - for standard input) into their canonical form.

    Comments, empty lines between groups, and the spelling of numbers stay. A file with a syntax error is left alone,
    with exit status 1.
    """
    results = [Result(text, _form(text)) for path in paths for text in _texts(path)]
    for result in results:
        _put_out(result, check, diff)
    if paths != ("-",):
        say(_summary(results, check or diff), err=True)
    would_change = check and any(result.changed for result in results)
    sys.exit(int(would_change or any(result.form is None for result in results)))


def _texts(path: str) -> Iterator[Text]:
    if path == "-":
        yield Text(None, "<standard input>", sys.stdin.buffer.read())
        return
    folder = Path(path)
    files = files_below(folder) if folder.is_dir() else [folder]
    if not files:
        stop(f"there is no .res file in {path}")
    for file in files:
        try:
            yield Text(file, str(file), read_file(file))
        except OSError as error:
            stop(f"cannot read {file}: {error.strerror}; pass files, folders, or - for standard input")


def _form(text: Text) -> bytes | None:
    """The canonical form, or None, with the findings shown, where there is none."""
    try:
        return formatted(text.shown, text.content).encode()
    except FormatError as error:
        show(error.findings, {text.shown: text.content.decode("utf-8", "replace")})
        return None


def _put_out(result: Result, check: bool, diff: bool) -> None:
    text, form = result
    if form is None:
        return
    if check or diff:
        if result.changed:
            say(_diff(text, form) if diff else text.shown)
    elif text.path is None:
        sys.stdout.buffer.write(form)
    elif result.changed:
        write(text.path, form)


def _diff(text: Text, form: bytes) -> str:
    from difflib import unified_diff

    old, new = (content.decode("utf-8-sig").splitlines(keepends=True) for content in (text.content, form))
    return "".join(unified_diff(old, new, text.shown, f"{text.shown} (formatted)")).removesuffix("\n")


def _summary(results: list[Result], dry: bool) -> str:
    """`2 files reformatted, 3 as they should be, 1 with mistakes`."""
    changed = sum(result.changed for result in results)
    faulty = sum(result.form is None for result in results)
    counts = {
        "would change" if dry else "reformatted": changed,
        "as they should be": len(results) - changed - faulty,
        "with mistakes": faulty,
    }
    return "files: " + ", ".join(f"{count} {what}" for what, count in counts.items() if count)
