"""`resdsl weights SPEC IN OUT`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resdsl.cli.output import stop, unwritable
from resdsl.cli.spec import Spec, load_spec, spec_arguments
from resdsl.ir.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from resdsl.transfer.plan_table import Note, Row
    from resdsl.transfer.transfer_plan import Plan

BY = {"name": "by their names", "structure": "by structure: kind, shape and order along the network"}
WIDE = 1000  # piped, a row is never broken


@click.command("weights")
@spec_arguments
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--partial", is_flag=True, help="Write what fits; the rest keeps the initial values of seed 0.")
@click.option("--force", is_flag=True, help="Overwrite OUT.")
@click.option("--json", "as_json", is_flag=True, help="The plan as JSON, tensor by tensor.")
def command(
    *,
    spec: str,
    parameters: tuple[tuple[str, float], ...],
    shape: Shape | None,
    source: Path,
    target: Path,
    partial: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Read the weights IN for this network, print where each tensor goes, and write OUT under our names.

    IN is a checkpoint of PyTorch (.pt, .pth), a safetensors file, or a folder of Orbax; nothing in it is run. Names
    that are not ours are matched by kind, shape and order. Exit status 1 where the weights do not fit: nothing is
    written then, unless --partial allows it.
    """
    from resdsl.transfer.checkpoint import read_checkpoint
    from resdsl.transfer.planner import plan_transfer
    from resdsl.transfer.search import MisfitError
    from resdsl.weights.files import WeightsError

    loaded = load_spec(spec, parameters, shape)
    _check_target(source, target, force)
    try:
        plan = plan_transfer(loaded.network, read_checkpoint(source))
        _show(plan, loaded.network.name, source, as_json)
        _check_fit(plan, partial)
        _write(plan, loaded, source, target)
    except WeightsError as error:
        stop(str(error))
    except MisfitError as misfit:
        _refuse(str(misfit))


def _check_target(source: Path, target: Path, force: bool) -> None:
    """Ends with status 2 where OUT cannot or must not be written."""
    if target.is_dir():
        stop(f"{target} is a folder: name a file for the weights, for example {target / 'weights.safetensors'}")
    if target.exists() and source.exists() and target.samefile(source):
        stop(f"IN and OUT are both {target}: name another file for the weights")
    if target.exists() and not force:
        stop(f"{target} exists: name another file, or pass --force to overwrite it")
    if not target.parent.is_dir():
        stop(f"there is no folder {target.parent}: make it, or name another file")


def _check_fit(plan: Plan, partial: bool) -> None:
    """Ends with status 1 where not everything fits and that was not allowed, or where nothing fits at all."""
    if plan.complete:
        return
    left = sum(not left.harmless for left in plan.left)
    misfit = f"{len(plan.missing)} parameters would not be loaded, {left} tensors would be left"
    if not plan.moves:
        _refuse(f"nothing in the file fits this network: {misfit}")
    if not partial:
        _refuse(f"{misfit}: pass another spec or file, or --partial to accept that")


def _write(plan: Plan, spec: Spec, source: Path, target: Path) -> None:
    from resdsl.transfer.planner import transfer
    from resdsl.version import __version__
    from resdsl.weights.files import save

    words = {"network": spec.network.name, "spec": spec.located.shown, "source": source.name, "resdsl": __version__}
    if plan.missing:
        words["not_loaded"] = " ".join(missing.name for missing in plan.missing)
    weights = transfer(spec.network, plan)
    try:
        save(weights, target, words)
    except OSError as error:
        unwritable(target, error)
    initial = f", {len(plan.missing)} of them with initial values" if plan.missing else ""
    click.echo(f"wrote {target}: {len(weights)} tensors{initial}", err=True)


def _refuse(reason: str) -> None:
    click.echo(f"resdsl: refused, and nothing written: {reason}", err=True)
    sys.exit(1)


def _show(plan: Plan, network: str, source: Path, as_json: bool) -> None:
    if as_json:
        import json

        click.echo(json.dumps(_as_json(plan, network, source), indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    from resdsl.transfer.plan_table import notes, rows

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = WIDE
    console.print(f"{network} from {source.name}, {BY[plan.by]}", style="bold")
    if plan.moves:
        console.print(_moves(rows(plan.moves)))
    for title, items in (("not loaded", notes(plan.missing)), ("left in the file", notes(plan.left))):
        if items:
            console.print(_notes(title, items))


def _moves(rows: Sequence[Row]) -> Table:
    table = _table("goes to", "from", "tensors", "numbers", "changed")
    for row in rows:
        table.add_row(row.target, row.source, str(row.tensors), f"{row.numbers:,}", row.changes)
    return table


def _notes(title: str, notes: Sequence[Note]) -> Table:
    table = _table(title, "why")
    for note in notes:
        table.add_row(note.names, note.reason)
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
        "by": plan.by,
        "complete": plan.complete,
        "moves": [
            {"from": entry.name, "to": target, "shape": entry.array.shape, "changes": entry.changes}
            for entry, _, target in plan.moves
        ],
        "missing": [missing._asdict() for missing in plan.missing],
        "left": [left._asdict() for left in plan.left],
    }
