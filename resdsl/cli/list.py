"""`resdsl list [PATTERN…]`"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import click

from resdsl.cli.output import shortened, stop, width
from resdsl.syntax import ast

HEADER = ("spec", "title", "depth", "params", "MACs")


class Row(NamedTuple):
    """A network of the shipped files, and the title of the one that it derives from with other numbers."""

    family: str
    cells: tuple[str, ...]


@click.command("list")
@click.argument("patterns", nargs=-1, metavar="[PATTERN…]")
def command(patterns: tuple[str, ...]) -> None:
    """List the shipped networks by family, and the studies, or those whose name fits a PATTERN: 'resnet*', '*50*'.

    Each name can stand for SPEC, in any folder.
    """
    from resdsl.specs import shipped_networks, shipped_studies
    from resdsl.suggest import remedy

    studies = {name: path for name, path in shipped_studies().items() if _fits(name, patterns)}
    rows = sorted(_rows(patterns), key=lambda row: (row.family, _natural(row.cells[0])))
    if not rows and not studies:
        known = {*shipped_networks(), *shipped_studies()}
        stop(f"no shipped network is called '{' or '.join(patterns)}': {remedy(patterns[0], known, 'network')}")
    if rows:
        _show_networks(rows)
    if studies:
        _show_studies(studies)


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


def _show_networks(rows: list[Row]) -> None:
    widths = [max(map(len, column)) for column in zip(HEADER, *(row.cells for row in rows), strict=True)]
    widths[1] = min(widths[1], max(10, width() - sum(widths) + widths[1] - 2 * len(widths)))
    click.echo(_line(HEADER, widths))
    for family, members in groupby(rows, key=lambda row: row.family):
        click.echo(f"\n# {family}")
        for row in members:
            click.echo(_line(row.cells, widths))


def _show_studies(studies: Mapping[str, Path]) -> None:
    """A line for each study: `resdsl study NAME` runs it."""
    from resdsl.checking.checker import check_file

    click.echo("\n# studies")
    for name, path in studies.items():
        for study in check_file(path, path.name).studies.values():
            click.echo(shortened(f"{name:<20}  {study.title}", width()))


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    name, title, *numbers = cells
    short = shortened(title, widths[1]).ljust(widths[1])
    return "  ".join((name.ljust(widths[0]), short, *map(str.rjust, numbers, widths[2:])))


def _rows(patterns: tuple[str, ...]) -> Iterator[Row]:
    from resdsl.checking.checker import check_library
    from resdsl.ir.cost import short
    from resdsl.lower.library import read_library
    from resdsl.specs import shipped_networks

    asked = (name for name in shipped_networks() if _fits(name, patterns))
    for path, names in groupby(asked, key=shipped_networks().__getitem__):
        library = read_library(path, path.name)
        for name in names:
            network = check_library(library, path.name, name).networks.get(name)
            lineage = list(library.lineage(library.networks[name]))
            family = next((declared for declared in lineage if declared.parameters), lineage[-1])
            if network:
                total = network.cost()
                cells = (name, network.title, str(network.depth), f"{total.params:,}", short(total.macs))
                yield Row(_title(family), cells)


def _title(declaration: ast.NetworkDeclaration) -> str:
    """What a network is called for people."""
    for member in declaration.members:
        match member:
            case ast.Statement(keyword=ast.Name(id="title"), items=(ast.Positional(value=ast.String(text=text)),)):
                return text
    return declaration.name.id


def _natural(name: str) -> list[int | str]:
    """Sorts resnet20 before resnet110."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]
