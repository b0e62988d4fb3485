"""What `resdsl weights` prints of its plan: tables for readers, or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resdsl.clean import clean, clean_json
from resdsl.transfer.plan_table import Note, Row, notes, rows
from resdsl.transfer.transfer_plan import Plan

if TYPE_CHECKING:
    from rich.table import Table

BY = {"name": "by their names", "structure": "by structure: kind, shape and order along the network"}
WIDE = 1000  # piped, a row is never broken


def show(plan: Plan, network: str, source: Path, as_json: bool) -> None:
    """Prints where each tensor goes, what is not loaded, and what is left in the file."""
    if as_json:
        click.echo(clean_json(_as_json(plan, network, source)), nl=False)
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = WIDE
    where = f", under {plan.prefix}" if plan.prefix else ""
    console.print(clean(f"{network} from {source.name}{where}, {BY[plan.by]}"), style="bold")
    if plan.moves:
        console.print(_moves(rows(plan.moves)))
    for title, items in (("not loaded", notes(plan.missing)), ("left in the file", notes(plan.left))):
        if items:
            console.print(_notes(title, items))


def _moves(rows: Sequence[Row]) -> Table:
    table = _table("goes to", "from", "tensors", "numbers", "changed")
    for row in rows:
        table.add_row(row.target, clean(row.source), str(row.tensors), f"{row.numbers:,}", row.changes)
    return table


def _notes(title: str, notes: Sequence[Note]) -> Table:
    table = _table(title, "why")
    for note in notes:
        table.add_row(clean(note.names), clean(note.reason))
    return table


def _table(*columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in ("tensors", "numbers") else "left", overflow="fold")
    return table


def _as_json(plan: Plan, network: str, source: Path) -> dict[str, Any]:
    return {
        "network": network,
        "source": str(source),
        "prefix": plan.prefix,
        "by": plan.by,
        "complete": plan.complete,
        "moves": [
            {"from": entry.name, "to": target, "shape": entry.array.shape, "changes": entry.changes}
            for entry, _, target in plan.moves
        ],
        "missing": [missing._asdict() for missing in plan.missing],
        "left": [left._asdict() for left in plan.left],
    }
