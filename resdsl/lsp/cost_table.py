"""What a part of a network comes out as, as a table in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resdsl.analysis.receptive_field import receptive_fields
from resdsl.analysis.rows import Row, block_rows, folded, layer_rows
from resdsl.ir.block import Block
from resdsl.ir.network import Network, Stage
from resdsl.lsp.network_facts import Fact, of_one_network

_MOST = 12
_COLUMNS = ("kind", "map", "filters", "params", "MACs", "receptive field")


def table(facts: Sequence[Fact]) -> str:
    """A row per stage, block or layer, and per block of a stage; equal blocks share one."""
    found = of_one_network(facts)
    network = found[0].network
    rows = list(dict.fromkeys(_line(row) for row in _rows(network, found)))
    left_out = f"\n\n… and {len(rows) - _MOST} more rows" if len(rows) > _MOST else ""
    head = f"| {network.name} | {' | '.join(_COLUMNS)} |\n|:--|:--|{'--:|' * (len(_COLUMNS) - 1)}"
    return "\n".join([head, *rows[:_MOST]]) + left_out


def _rows(network: Network, facts: Sequence[Fact]) -> Iterator[Row]:
    layers = {row.name: row for row in layer_rows(network)}
    blocks = {row.name.partition("–")[0]: row for row in folded(block_rows(network))}
    for fact in facts:
        match fact.part:
            case Stage() as stage:
                field = receptive_fields(network)[_name(stage)]
                yield Row(stage.name, "stage", stage.output, stage.cost(), field)
                yield from (row for name, row in blocks.items() if name.startswith(f"{stage.name}."))
            case Block():
                yield from (blocks[fact.name],) if fact.name in blocks else ()
            case _:
                yield layers[fact.name]


def _name(stage: Stage) -> str:
    """The last item's name among the receptive fields."""
    last = stage.items[-1]
    return last.name if isinstance(last, Block) else f"{stage.name}.{last.name}"


def _line(row: Row) -> str:
    size = f"{row.output.height}x{row.output.width}"
    cells = (row.name, row.kind, size, row.output.channels, f"{row.cost.params:,}", f"{row.cost.macs:,}", row.field)
    return f"| {' | '.join(map(str, cells))} |"
