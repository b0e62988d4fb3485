"""A network block by block, as a table for a terminal, or for a notebook."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import final

from rich import box
from rich.console import Console
from rich.table import Table

from resdsl.analysis.receptive_field import receptive_field
from resdsl.analysis.rows import Row, block_rows, folded, layer_rows
from resdsl.ir.cost import short
from resdsl.ir.network import Network

WIDE = 1000  # where nothing is to be broken


@final
class Summary:
    """The table of a network; it is what a prompt and a notebook show, and `print` prints."""

    def __init__(self, network: Network, layers: bool = False) -> None:
        self._network = network
        self.rows = tuple(layer_rows(network) if layers else folded(block_rows(network)))

    def show(self, console: Console) -> None:
        """Prints it."""
        network, total = self._network, self._network.cost()
        console.print(f"{network.title or network.name}, input {network.input}", style="bold")
        console.print(_table(self.rows))
        console.print(
            f"{network.depth} weight layers · {total.params:,} parameters · receptive field {receptive_field(network)}"
        )
        console.print(f"{total.macs:,} MACs · {total.flops:,} FLOPs (2 per MAC)")

    def __repr__(self) -> str:
        file = io.StringIO()
        self.show(Console(file=file, width=WIDE, highlight=False, markup=False))
        return file.getvalue().rstrip("\n")


def _table(rows: Iterable[Row]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for title in ("", " ", "map", "filters", "params", "MACs", "FLOPs", "field"):
        table.add_column(title, justify="right" if title.strip() else "left", no_wrap=True)
    for row in rows:
        size, cost = f"{row.output.height}x{row.output.width}", row.cost
        numbers = (f"{row.output.channels:,}", f"{cost.params:,}", short(cost.macs), short(cost.flops), str(row.field))
        table.add_row(row.name, row.kind, size, *numbers)
    return table
