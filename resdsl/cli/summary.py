"""`resdsl summary SPEC`"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from resdsl.cli.spec import load_spec, spec_arguments
from resdsl.ir.network import Network
from resdsl.ir.shape import Shape

if TYPE_CHECKING:
    from rich.table import Table

    from resdsl.analysis.rows import Row

_UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
_WIDE = 1000  # piped, a row is never broken


@click.command("summary")
@spec_arguments
@click.option("--layers", is_flag=True, help="A row per layer, in place of a row per block.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with a row for each of equal blocks, too.")
def command(
    spec: str, parameters: tuple[tuple[str, float], ...], shape: Shape | None, layers: bool, as_json: bool
) -> None:
    """Show a network block by block: maps, filters, parameters, MACs, FLOPs (2 per MAC), receptive field.

    Equal blocks share a row: its parameters and MACs are those of all of them, its receptive field the last one's.
    """
    from resdsl.analysis.rows import block_rows, folded, layer_rows

    network = load_spec(spec, parameters, shape).network
    if as_json:
        _print_json(network, layer_rows(network) if layers else block_rows(network))
        return
    _print_table(network, layer_rows(network) if layers else folded(block_rows(network)))


def _print_json(network: Network, rows: Iterable[Row]) -> None:
    import json

    click.echo(json.dumps({**_totals(network), "rows": [_row(row) for row in rows]}, indent=2, ensure_ascii=False))


def _totals(network: Network) -> dict[str, Any]:
    from resdsl.analysis.receptive_field import receptive_field

    total = network.cost()
    return {
        "name": network.name,
        "title": network.title,
        "input": network.input,
        "depth": network.depth,
        "params": total.params,
        "macs": total.macs,
        "flops": total.flops,
        "receptive_field": receptive_field(network)[:2],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "map": row.output[1:],
        "filters": row.output.channels,
        "params": row.cost.params,
        "macs": row.cost.macs,
        "flops": row.cost.flops,
        "receptive_field": row.field[:2],
    }


def _print_table(network: Network, rows: Iterable[Row]) -> None:
    from rich.console import Console

    from resdsl.analysis.receptive_field import receptive_field

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = _WIDE
    total = network.cost()
    console.print(f"{network.title or network.name}, input {network.input}", style="bold")
    console.print(_table(rows))
    console.print(
        f"{network.depth} weight layers · {total.params:,} parameters · receptive field {receptive_field(network)}"
    )
    console.print(f"{total.macs:,} MACs · {total.flops:,} FLOPs (2 per MAC)")


def _table(rows: Iterable[Row]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for title in ("", " ", "map", "filters", "params", "MACs", "FLOPs", "field"):
        table.add_column(title, justify="right" if title.strip() else "left", no_wrap=True)
    for row in rows:
        size, cost = f"{row.output.height}x{row.output.width}", row.cost
        numbers = (f"{row.output.channels:,}", f"{cost.params:,}", short(cost.macs), short(cost.flops), str(row.field))
        table.add_row(row.name, row.kind, size, *numbers)
    return table


def short(number: int) -> str:
    """Four digits and a unit: 231.2M."""
    for unit, suffix in _UNITS:
        if number >= unit:
            return f"{number / unit:.4g}{suffix}"
    return str(number)
