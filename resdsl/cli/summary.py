"""`resdsl summary SPEC…`"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, get_args

import click

from resdsl.analysis.side_by_side import side_by_side
from resdsl.clean import clean_json
from resdsl.cli.output import stop
from resdsl.cli.spec import input_option, load_spec, output_stride_option, set_option, specs_argument
from resdsl.ir.network import Network
from resdsl.ir.shape import Shape
from resdsl.report.side_by_side import TableFormat, short, written_table

if TYPE_CHECKING:
    from rich.table import Table

    from resdsl.analysis.rows import Row

_WIDE = 1000  # piped, a row is never broken


@click.command("summary")
@specs_argument
@set_option
@input_option
@output_stride_option
@click.option("--layers", is_flag=True, help="A row per layer, in place of a row per block.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with a row for each of equal blocks, too.")
@click.option(
    "--format", "format_", type=click.Choice(get_args(TableFormat)), help="Side by side, for a paper or a page."
)
def command(
    *,
    specs: tuple[str, ...],
    parameters: tuple[tuple[str, float], ...],
    shape: Shape | None,
    layers: bool,
    as_json: bool,
    format_: TableFormat | None,
) -> None:
    """Show networks block by block: maps, filters, parameters, MACs, FLOPs (2 per MAC), receptive field.

    Equal blocks share a row: its parameters and MACs are those of all of them, its receptive field the last one's.
    With --format, one table has a row for each size of map and a column for each SPEC, as Table 1 of He et al. 2016.
    """
    from resdsl.analysis.rows import block_rows, folded, layer_rows

    if format_ and (layers or as_json):
        stop(f"--format and {'--layers' if layers else '--json'} do not go together: give one of them")
    networks = [load_spec(spec, parameters, shape).network for spec in specs]
    if format_:
        click.echo(written_table(side_by_side(networks), format_), nl=False)
    elif as_json:
        described = [
            _described(network, layer_rows(network) if layers else block_rows(network)) for network in networks
        ]
        _print_json(described if len(described) > 1 else described[0])
    else:
        for number, network in enumerate(networks):
            if number:
                click.echo()
            _print_table(network, layer_rows(network) if layers else folded(block_rows(network)))


def _print_json(value: object) -> None:
    click.echo(clean_json(value), nl=False)


def _described(network: Network, rows: Iterable[Row]) -> dict[str, Any]:
    return {**_totals(network), "rows": [_row(row) for row in rows]}


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
