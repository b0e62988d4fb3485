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
from resdsl.report.side_by_side import TableFormat, written_table

if TYPE_CHECKING:
    from resdsl.analysis.rows import Row


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
    from resdsl.analysis.rows import block_rows, layer_rows

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
            _print_table(network, layers)


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


def _print_table(network: Network, layers: bool) -> None:
    from rich.console import Console

    from resdsl.report.summary import WIDE, Summary

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = WIDE
    Summary(network, layers).show(console)
