"""What every command may have to say: findings, and what was wrong with the call."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from resdsl.atomic import write_atomically
from resdsl.clean import clean_lines
from resdsl.diagnostics import Finding, has_errors
from resdsl.report.text import as_text


def show(findings: Sequence[Finding], sources: Mapping[str, str]) -> None:
    """Findings as text on standard error, in colour on a terminal unless NO_COLOR is set."""
    if findings:
        colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        click.echo(as_text(findings, sources, colour), err=True, nl=False, color=colour)


def say(text: str, err: bool = False) -> None:
    """Prints lines, in which names and paths from outside command no terminal."""
    click.echo(clean_lines(text), err=err)


@contextmanager
def working(words: str) -> Iterator[None]:
    """Shows on a terminal what is being done meanwhile, and leaves nothing of it."""
    shown = sys.stderr and sys.stderr.isatty()
    if shown:
        click.echo(f"{words} …", err=True, nl=False)
    try:
        yield
    finally:
        if shown:
            click.echo("\r\033[K", err=True, nl=False)


def width() -> int:
    """The terminal's width, or 80 where the output goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout and sys.stdout.isatty() else 80


def shortened(text: str, most: int) -> str:
    """`text`, or its beginning and an … where it has more than `most` characters."""
    return text if len(text) <= most else f"{text[: max(0, most - 1)]}…"


def status(findings: Sequence[Finding]) -> int:
    """0 or, where a finding is an error, 1."""
    return int(has_errors(findings))


def write(path: Path, content: bytes) -> None:
    """Writes a file, whole or not at all; ends with status 2 where it cannot be written."""
    try:
        write_atomically(path, content)
    except OSError as error:
        unwritable(path, error)


def unwritable(path: Path, error: OSError) -> NoReturn:
    """Ends with status 2, since `path` cannot be written."""
    if not path.parent.is_dir():
        stop(f"cannot write {path}: there is no folder {path.parent}; make it first")
    stop(f"cannot write {path}: {error.strerror or error}")


def stop(message: str) -> NoReturn:
    """Ends with status 2 and one line that says what was wrong with the call."""
    say(f"resdsl: {message}", err=True)
    sys.exit(2)
