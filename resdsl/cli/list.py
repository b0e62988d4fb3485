"""`resdsl list`"""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

HEADER = ("spec", "title", "depth", "params", "MACs")


@click.command("list")
def command() -> None:
    """List the shipped specs: each name can stand for SPEC, in any folder."""
    rows = [HEADER, *_rows()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, title, *numbers in rows:
        cells = (name.ljust(widths[0]), title.ljust(widths[1]), *map(str.rjust, numbers, widths[2:]))
        click.echo("  ".join(cells))


def _rows() -> Iterator[tuple[str, ...]]:
    """A row per network; a file that declares several names each as `file:network`."""
    from resdsl.checking.checker import check_file
    from resdsl.report.side_by_side import short
    from resdsl.specs import shipped_folder, shipped_names

    for spec in sorted(shipped_names(), key=_natural):
        networks = check_file(shipped_folder() / f"{spec}.res", spec).networks
        for name, network in networks.items():
            total = network.cost()
            shown = spec if len(networks) == 1 else f"{spec}:{name}"
            yield shown, network.title, str(network.depth), f"{total.params:,}", short(total.macs)


def _natural(name: str) -> list[int | str]:
    """Sorts resnet20 before resnet110."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]
